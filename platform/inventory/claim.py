"""The claim: one SQL function in each organizer's schema that takes a list of requests and answers each.

The normal path calls it with one request, the on-sale path with all that arrived for a performance while the last call was
under way; both are one statement and one commit. Each request is all or nothing: it gets every place of every line, or
none. docs/locking.md tells the rules; here is their order:

1. The version of the offer that the caller priced with must still be the performance's (`stale` otherwise, for all).
   Pools that somebody waits for are closed to all but offers of the waiting list (docs/waiting-list.md).
2. A request whose idempotency key has been answered is `known`; the caller finds the answer.
3. Sale windows and limits per person, by the database's clock and under a lock per person.
4. Places, pool by pool in ascending order. SKIP LOCKED never waits, so two calls cannot deadlock. Then once more whether
   anybody waits for them: what was freed after somebody began to is seen with that, whatever was read before.
5. Requests in order of arrival take what was locked. One that falls short learns what is free or lapsed by a count without
   locks, so that `busy` (others have not committed yet) is told apart from `sold_out`.
   Of a line of a sale phase, outside its time or short of its pool, the verdict is `phase_over`: no refusal, so no key keeps
   it; the caller prices with the next phase and asks again (checkout/phases.py).
6. Holds, places with the journal of what became of them, and keys are written, each by one statement.

One instant serves every check and the journal; two readings would let two buyers overlap.

Plans are made once and kept, because making them costs more than a claim. A plan made when tables were small would read them
whole when they are large, claim after claim, until the next autovacuum. So all are made anew at the first claim on a pool larger
than any before of this organizer on this connection (each organizer's function has plans of its own); and what grows by thousands within seconds is read in ways that suit any size: the keys by a
lateral join, the holds of persons by a statement that is planned each time (tests/inventory/test_claim_plans.py). The partial
indexes stay in use by the planner settings, and as their order is asked for: `number + 0` is in the index of what is free alone,
while that of all numbers would be read past all that was sold.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

CLAIM_PLACES = """
CREATE OR REPLACE FUNCTION claim_places(
    performance uuid, offer uuid, at timestamptz, waits boolean,
    -- one of each per request, in order of arrival
    holds uuid[], tokens text[], quotes text[], seconds float8[], persons text[], actors text[],
    request_ids text[], scopes text[], keys text[], fingerprints text[],
    -- one of each per line; line_requests says whose line it is
    line_requests int[], line_pools bigint[], line_sizes int[], line_types uuid[], line_ns int[],
    line_person_limits int[], line_from timestamptz[], line_until timestamptz[], line_phases boolean[],
    -- one of each per named seat; seat_lines says which line it is part of
    seat_lines int[], seats bigint[],
    -- whether an offer of the waiting list asks
    for_list boolean DEFAULT false,
    OUT request int, OUT outcome text, OUT line int, OUT available int, OUT created_at timestamptz
) RETURNS SETOF record LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $body$
DECLARE
    moment timestamptz := coalesce(at, clock_timestamp());
    requests int := cardinality(holds);
    lines int := cardinality(line_pools);
    verdicts text[] := array_fill('held'::text, ARRAY[cardinality(holds)]);
    short_lines int[] := array_fill(0, ARRAY[cardinality(holds)]);
    left_over int[] := array_fill(0, ARRAY[cardinality(holds)]);
    pools bigint[] := line_pools[1 : 1];
    pool_of int[];                    -- of each line: its pool's index in `pools`
    next_of int[]; end_of int[];      -- of each pool: where in `got` its unclaimed places begin and end
    granted_of int[];                 -- of each pool: how many places this call gave out
    claimable_of int[];               -- of each pool: counted when first somebody falls short
    closed int[];                     -- indexes in `pools` of those that the waiting list keeps
    got bigint[] := '{}';
    named bigint[] := '{}';           -- seats that this call has locked
    given bigint[] := '{}';           -- seats that this call gave out
    wanted_seats bigint[];
    free bigint[]; lapsed bigint[] := '{}'; locked bigint[];
    place_ids bigint[] := '{}'; place_requests int[] := '{}'; place_types uuid[] := '{}';
    held_before int[];                -- of each line with a limit: how many places its person has
    largest int := line_sizes[1];
    wanted int; start int; has int; first_line int := 1; last_line int; fits boolean; written int;
BEGIN
    -- A statement costs ten to twenty microseconds before it does anything: none is made for what most calls do not need.
    IF NOT line_pools <@ pools THEN
        pools := ARRAY(SELECT DISTINCT p FROM unnest(line_pools) p ORDER BY p);
        largest := (SELECT max(s) FROM unnest(line_sizes) s);
    END IF;
    IF largest > coalesce(nullif(current_setting('marquee.largest_pool_of_' || current_schema(), true), ''), '0')::int THEN
        DISCARD PLANS;
        PERFORM set_config('marquee.largest_pool_of_' || current_schema(), largest::text, false);
    END IF;
    SELECT ARRAY(SELECT array_position(pools, w.id) FROM inventory_pool w
                  WHERE w.id = ANY (pools) AND w.is_waited_for AND NOT for_list)
      INTO closed FROM events_performance p WHERE p.id = performance AND p.offer_version = offer;
    IF NOT FOUND THEN
        request := 0; outcome := 'stale';
        RETURN NEXT;
        RETURN;
    END IF;

    -- 2. Keys that have their answer.
    FOREACH request IN ARRAY ARRAY(
        SELECT x.i::int FROM unnest(scopes, keys) WITH ORDINALITY AS x(scope, key, i) CROSS JOIN LATERAL (
            SELECT FROM idempotency_idempotencykey k WHERE k.scope = x.scope AND k.key = x.key LIMIT 1) answered
         WHERE x.key <> '')
    LOOP
        verdicts[request] := 'known';
    END LOOP;

    -- 3. Windows; limits per person and ticket type, over all that the person holds or bought of this performance.
    IF array_remove(line_person_limits, NULL) <> '{}' AND persons <> array_fill(''::text, ARRAY[requests]) THEN
        PERFORM pg_advisory_xact_lock(k) FROM (
            SELECT DISTINCT hashtextextended(persons[r], hashtextextended(performance::text, 0)) AS k
              FROM unnest(line_requests, line_person_limits) AS x(r, most)
             WHERE most IS NOT NULL AND persons[r] <> '' ORDER BY 1) sorted;
        -- A type that draws from several pools has a line for each, and as many places in each.
        EXECUTE $limits$
            SELECT array_agg(CASE WHEN most IS NOT NULL AND persons[r] <> '' THEN (
                SELECT count(*) FROM inventory_hold h JOIN inventory_place p ON p.hold_id = h.id
                 WHERE h.performance_id = $1 AND h.person = persons[r] AND h.person <> ''
                   AND p.pool_id = pool AND p.ticket_type_id = type
                   AND (p.state = 'sold' OR (p.state = 'held' AND p.held_until > $2))) END ORDER BY l)
              FROM (SELECT $3) AS given(persons),
                   unnest($4, $5, $6, $7) WITH ORDINALITY AS x(r, pool, type, most, l)$limits$
           INTO held_before
          USING performance, moment, persons, line_requests, line_pools, line_types, line_person_limits;
    END IF;
    FOR l IN 1 .. lines LOOP
        request := line_requests[l];
        pool_of[l] := array_position(pools, line_pools[l]);
        CONTINUE WHEN verdicts[request] <> 'held';
        IF moment < line_from[l] OR moment >= line_until[l] THEN
            verdicts[request] := CASE WHEN line_phases[l] THEN 'phase_over' ELSE 'not_on_sale' END;
            short_lines[request] := l;
        ELSIF line_person_limits[l] IS NOT NULL AND persons[request] <> '' THEN
            has := held_before[l];
            IF has + line_ns[l] > line_person_limits[l] THEN
                verdicts[request] := 'person_limit';
                short_lines[request] := l;
                left_over[request] := greatest(line_person_limits[l] - has, 0);
            END IF;
        END IF;
    END LOOP;

    -- 4. Lock what is wanted.
    IF waits THEN
        PERFORM set_config('lock_timeout', '1s', true);
    END IF;
    FOR k IN 1 .. cardinality(pools) LOOP
        granted_of[k] := 0;
        CONTINUE WHEN k = ANY (closed);
        wanted := 0;
        FOR l IN 1 .. lines LOOP
            IF pool_of[l] = k AND verdicts[line_requests[l]] = 'held' AND NOT l = ANY (seat_lines) THEN
                wanted := wanted + line_ns[l];
                -- From a random point of the pool, so that concurrent claims do not queue up at its head.
                start := 1 + floor(random() * line_sizes[l]);
            END IF;
        END LOOP;
        wanted_seats := '{}';
        IF cardinality(seats) > 0 THEN
            wanted_seats := ARRAY(
                SELECT DISTINCT s FROM unnest(seat_lines, seats) AS x(l, s)
                 WHERE pool_of[l] = k AND verdicts[line_requests[l]] = 'held');
        END IF;
        IF waits THEN
            -- Rows in primary-key order after pools in theirs, as every lock here that waits: so this cannot deadlock.
            -- What follows finds these rows: SKIP LOCKED does not skip what its own transaction locked.
            PERFORM id FROM inventory_place WHERE pool_id = pools[k]
                AND (state = 'free' OR (state = 'held' AND held_until <= moment))
                AND (cardinality(wanted_seats) = 0 OR id = ANY (wanted_seats))
              ORDER BY id LIMIT wanted + cardinality(wanted_seats) FOR UPDATE;
        END IF;
        -- Named seats first: SKIP LOCKED does not skip what this call has locked, so that whoever takes any place must be told
        -- to leave them.
        IF cardinality(wanted_seats) > 0 THEN
            locked := ARRAY(
                SELECT id FROM inventory_place WHERE pool_id = pools[k] AND id = ANY (wanted_seats)
                   AND (state = 'free' OR (state = 'held' AND held_until <= moment))
                 ORDER BY id FOR UPDATE SKIP LOCKED);
            named := named || locked;
            lapsed := lapsed || ARRAY(SELECT id FROM inventory_place WHERE id = ANY (locked) AND state = 'held');
        END IF;
        free := '{}';
        locked := '{}';
        IF wanted > 0 THEN
            free := ARRAY(
                SELECT id FROM inventory_place WHERE pool_id = pools[k] AND state = 'free' AND number + 0 >= start
                   AND id <> ALL (named)
                 ORDER BY pool_id, number + 0 LIMIT wanted FOR UPDATE SKIP LOCKED);
            IF cardinality(free) < wanted THEN
                free := free || ARRAY(
                    SELECT id FROM inventory_place WHERE pool_id = pools[k] AND state = 'free' AND number + 0 < start
                       AND id <> ALL (named)
                     ORDER BY pool_id, number + 0 LIMIT wanted - cardinality(free) FOR UPDATE SKIP LOCKED);
            END IF;
            IF cardinality(free) < wanted THEN
                locked := ARRAY(
                    SELECT id FROM inventory_place WHERE pool_id = pools[k] AND state = 'held' AND held_until <= moment
                       AND id <> ALL (named)
                     ORDER BY pool_id, held_until LIMIT wanted - cardinality(free) FOR UPDATE SKIP LOCKED);
                lapsed := lapsed || locked;
            END IF;
        END IF;
        next_of[k] := cardinality(got) + 1;
        got := got || free || locked;
        end_of[k] := cardinality(got);
    END LOOP;
    IF NOT for_list THEN
        -- A statement of its own, so that it sees what was committed before the last of these places was locked.
        closed := closed || ARRAY(
            SELECT array_position(pools, p.id) FROM inventory_pool p WHERE p.id = ANY (pools) AND p.is_waited_for);
        FOREACH start IN ARRAY closed LOOP
            next_of[start] := 1; end_of[start] := 0; claimable_of[start] := 0;
        END LOOP;
    END IF;

    -- 5. Give out, in order of arrival. Lines come sorted by request.
    FOR i IN 1 .. requests LOOP
        last_line := first_line;
        WHILE last_line <= lines AND line_requests[last_line] = i LOOP
            last_line := last_line + 1;
        END LOOP;
        fits := verdicts[i] = 'held';
        has := cardinality(place_ids);
        FOR l IN first_line .. last_line - 1 LOOP
            EXIT WHEN NOT fits;
            IF l = ANY (seat_lines) THEN
                wanted_seats := ARRAY(SELECT s FROM unnest(seat_lines, seats) AS x(sl, s) WHERE sl = l);
                -- A seat of a pool that somebody else in the group draws from is no seat of this line's.
                IF wanted_seats <@ named AND NOT wanted_seats && given AND NOT pool_of[l] = ANY (closed) AND NOT EXISTS (
                    SELECT FROM inventory_place WHERE id = ANY (wanted_seats) AND pool_id <> line_pools[l])
                THEN
                    given := given || wanted_seats;
                    granted_of[pool_of[l]] := granted_of[pool_of[l]] + cardinality(wanted_seats);
                    place_ids := place_ids || wanted_seats;
                    place_requests := place_requests || array_fill(i, ARRAY[cardinality(wanted_seats)]);
                    place_types := place_types || array_fill(line_types[l], ARRAY[cardinality(wanted_seats)]);
                    CONTINUE;
                END IF;
                fits := false;
                SELECT count(*) INTO available FROM inventory_place
                 WHERE id = ANY (wanted_seats) AND pool_id = line_pools[l] AND NOT id = ANY (given)
                   AND NOT pool_of[l] = ANY (closed) AND (state = 'free' OR (state = 'held' AND held_until <= moment));
            ELSE
                start := next_of[pool_of[l]];
                wanted := line_ns[l];
                IF start + wanted - 1 <= end_of[pool_of[l]] THEN
                    place_ids := place_ids || got[start : start + wanted - 1];
                    place_requests := place_requests || array_fill(i, ARRAY[wanted]);
                    place_types := place_types || array_fill(line_types[l], ARRAY[wanted]);
                    next_of[pool_of[l]] := start + wanted;
                    granted_of[pool_of[l]] := granted_of[pool_of[l]] + wanted;
                    CONTINUE;
                END IF;
                fits := false;
                IF claimable_of[pool_of[l]] IS NULL THEN
                    -- Two counts, each in the order of its partial index.
                    claimable_of[pool_of[l]] :=
                        (SELECT count(*) FROM (
                            SELECT FROM inventory_place WHERE pool_id = line_pools[l] AND state = 'free'
                             ORDER BY pool_id, number + 0) free_places)
                        + (SELECT count(*) FROM (
                            SELECT FROM inventory_place
                             WHERE pool_id = line_pools[l] AND state = 'held' AND held_until <= moment
                             ORDER BY pool_id, held_until) lapsed_places);
                END IF;
                available := greatest(claimable_of[pool_of[l]] - granted_of[pool_of[l]], 0);
            END IF;
            verdicts[i] := CASE WHEN available >= line_ns[l] THEN 'busy' WHEN line_phases[l] THEN 'phase_over'
                                ELSE 'sold_out' END;
            short_lines[i] := l;
            left_over[i] := available;
            -- Give back what its earlier lines took.
            FOR j IN first_line .. l - 1 LOOP
                IF j = ANY (seat_lines) THEN
                    given := ARRAY(SELECT unnest(given) EXCEPT
                                   SELECT s FROM unnest(seat_lines, seats) AS x(sl, s) WHERE sl = j);
                ELSE
                    next_of[pool_of[j]] := next_of[pool_of[j]] - line_ns[j];
                END IF;
                granted_of[pool_of[j]] := granted_of[pool_of[j]] - line_ns[j];
            END LOOP;
            place_ids := place_ids[1 : has];
            place_requests := place_requests[1 : has];
            place_types := place_types[1 : has];
        END LOOP;
        first_line := last_line;
    END LOOP;

    -- 6. Write.
    IF cardinality(place_ids) > 0 THEN
        INSERT INTO inventory_hold (id, token, performance_id, state, quote, created_at, expires_at, person)
             SELECT h, t, performance, 'live', q::jsonb, moment, moment + make_interval(secs => s), p
               FROM unnest(holds, tokens, quotes, seconds, persons, verdicts) AS x(h, t, q, s, p, v) WHERE v = 'held';
        IF cardinality(lapsed) > 0 THEN
            INSERT INTO inventory_stockentry (at, kind, place_id, hold_id, cause, actor, request_id)
                 SELECT moment, 'lapse', p.id, p.hold_id, 'claimed by another hold', 'system', request_ids[x.r]
                   FROM unnest(place_ids, place_requests) AS x(id, r) JOIN inventory_place p ON p.id = x.id
                  WHERE x.id = ANY (lapsed);
        END IF;
        WITH updated AS (
            UPDATE inventory_place p
               SET state = 'held', hold_id = holds[x.r], held_until = moment + make_interval(secs => seconds[x.r]),
                   ticket_type_id = x.t
              FROM unnest(place_ids, place_requests, place_types) AS x(id, r, t) WHERE p.id = x.id
         RETURNING p.id, p.hold_id, p.held_until, x.r)
        INSERT INTO inventory_stockentry (at, kind, place_id, hold_id, until, cause, actor, request_id)
             SELECT moment, 'hold', id, hold_id, held_until, '', actors[r], request_ids[r] FROM updated;
        GET DIAGNOSTICS written = ROW_COUNT;
        IF written <> cardinality(place_ids) THEN
            RAISE EXCEPTION 'claimed % places but wrote %', cardinality(place_ids), written;
        END IF;
    END IF;
    -- A key that was answered between step 2 and now is a unique violation: all is undone, and the caller asks again.
    INSERT INTO idempotency_idempotencykey (scope, key, fingerprint, reference, status, body, created_at)
         SELECT x.s, x.k, x.f, CASE WHEN v = 'held' THEN x.h::text ELSE '' END,
                CASE WHEN v = 'held' THEN 201 ELSE 409 END,
                CASE WHEN v = 'held' THEN jsonb_build_object('created_at', moment, 'seconds', x.lasts)
                     ELSE jsonb_build_object('outcome', v, 'available', x.a, 'ticket_type', line_types[x.l]) END,
                moment
           FROM unnest(scopes, keys, fingerprints, verdicts, holds, seconds, left_over, short_lines)
                AS x(s, k, f, v, h, lasts, a, l)
          WHERE k <> '' AND v IN ('held', 'sold_out', 'not_on_sale', 'person_limit')
          ORDER BY x.s, x.k;
    created_at := moment;
    FOR i IN 1 .. requests LOOP
        request := i; outcome := verdicts[i]; line := short_lines[i]; available := left_over[i];
        RETURN NEXT;
    END LOOP;
END
$body$
"""

DROP_CLAIM_PLACES = "DROP FUNCTION claim_places"
KEY_TAKEN_MEANWHILE = "23505"  # a unique violation; nothing else that the claim writes could be one

Verdict = Literal["held", "known", "not_on_sale", "person_limit", "sold_out", "phase_over", "busy", "stale"]


NO_PHASE = UUID(int=0)


@dataclass(frozen=True)
class ClaimLine:
    """So many places of one pool for one ticket type, any of them or the named ones; on sale in [starts, ends).

    With `phase`, the id of a sale phase or NO_PHASE after the last, it is that phase's own line, whose end is no refusal. A
    phase without a pool of its own has one that draws nothing (`quantity` 0) and only keeps its time.
    """

    pool_id: int
    pool_size: int
    ticket_type_id: UUID
    quantity: int
    starts: datetime | None = None
    ends: datetime | None = None
    seats: tuple[int, ...] = ()
    person_limit: int | None = None  # of this type, over all that one person holds or bought of the performance
    phase: UUID | None = None


class ClaimRequest(NamedTuple):
    """One hold that somebody asks for, priced; `lines` are sorted by pool. `seconds` is how long it is to last.

    `person` is whoever asks, where that is known, for the lines' limits; `key` (with `scope` and `fingerprint`) makes asking
    twice the same as once. Both are optional.
    """

    hold_id: UUID
    token: str
    quote: str  # JSON
    seconds: float
    lines: tuple[ClaimLine, ...]
    person: str = ""
    actor: str = "buyer"
    request_id: str = ""
    scope: str = ""
    key: str = ""
    fingerprint: str = ""


@dataclass(frozen=True)
class ClaimAnswer:
    """What became of a request. `line` is the one that stood in the way, and `available` what is left for it."""

    verdict: Verdict
    line: ClaimLine | None = None
    available: int = 0
    created_at: datetime | None = field(default=None, compare=False)


CALL = (
    "SELECT request, outcome, line, available, created_at FROM {schema}claim_places("
    "%s, %s, %s, %s, %s::uuid[], %s::text[], %s::text[], %s::float8[], %s::text[], %s::text[], %s::text[],"
    " %s::text[], %s::text[], %s::text[], %s::int[], %s::bigint[], %s::int[], %s::uuid[], %s::int[], %s::int[],"
    " %s::timestamptz[], %s::timestamptz[], %s::boolean[], %s::int[], %s::bigint[], %s)"
)


def parameters(
    performance_id: UUID,
    offer_version: UUID,
    requests: Sequence[ClaimRequest],
    *,
    at: datetime | None,
    waits: bool,
    for_list: bool = False,
) -> list[Any]:
    """What `CALL` takes, in order. `at` None means the database's clock; `for_list` is for offers of the waiting list."""
    asked = dict(zip(ClaimRequest._fields, zip(*requests, strict=True), strict=True))
    lines = [(index, line) for index, request in enumerate(requests, start=1) for line in request.lines]
    seats = [(number, seat) for number, (_index, line) in enumerate(lines, start=1) for seat in line.seats]
    return [
        performance_id,
        offer_version,
        at,
        waits,
        _array(asked["hold_id"]),
        _array(asked["token"]),
        _array(asked["quote"]),
        _array(asked["seconds"]),
        _array(asked["person"]),
        _array(asked["actor"]),
        _array(asked["request_id"]),
        _array(asked["scope"]),
        _array(asked["key"]),
        _array(asked["fingerprint"]),
        _array([index for index, _line in lines]),
        _array([line.pool_id for _index, line in lines]),
        _array([line.pool_size for _index, line in lines]),
        _array([line.ticket_type_id for _index, line in lines]),
        _array([line.quantity for _index, line in lines]),
        _array([line.person_limit for _index, line in lines]),
        _array([line.starts for _index, line in lines]),
        _array([line.ends for _index, line in lines]),
        _array([line.phase is not None for _index, line in lines]),
        _array([number for number, _seat in seats]),
        _array([seat for _number, seat in seats]),
        for_list,
    ]


def _array(values: Sequence[object]) -> str:
    """An array as Postgres reads it from text. The driver's own way costs four times as much (20 arrays per claim)."""
    if len(values) > 1 and values.count(values[0]) == len(values):  # in a group, most arrays say one thing many times
        return "{" + ",".join([_element(values[0])] * len(values)) + "}"
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: object) -> str:
    if value is None:
        return "NULL"
    text = str(value)
    if text.isalnum() and text.lower() != "null":
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def answers(requests: Sequence[ClaimRequest], rows: Iterable[tuple[Any, ...]]) -> list[ClaimAnswer]:
    """The rows of `CALL` as one answer per request, in the same order."""
    found = list(rows)
    if found and found[0][0] == 0:
        return [ClaimAnswer("stale") for _request in requests]
    lines = [line for request in requests for line in request.lines]
    return [
        ClaimAnswer(verdict, lines[line - 1] if line else None, available, created_at)
        for _number, verdict, line, available, created_at in found
    ]
