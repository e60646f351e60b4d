"""The claim, as one function in each organizer's schema.

`claim_places` claims `ns[i]` rows of pool `pools[i]` for ticket type `types[i]`, all of them under one hold, until `until`. It
returns nothing when every line got its rows. Otherwise one row for the first line that fell short, and the caller must roll
back: `available` counts, without locks, what is free or lapsed, so that "others hold locks right now" is told apart from
"sold out".

One instant, `at`, taken from the database's clock, serves the check and the journal; two readings would let two buyers
overlap. SKIP LOCKED never waits, so two claims cannot deadlock. The planner settings keep the partial indexes in use when
the function was first planned on empty tables (docs/locking.md).
"""

CLAIM_PLACES = """
CREATE FUNCTION claim_places(
    hold uuid, pools bigint[], types uuid[], ns int[], at timestamptz, until timestamptz, OUT line int, OUT available int
) RETURNS SETOF record LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $body$
DECLARE
    free bigint[];
    lapsed bigint[];
    start int;
BEGIN
    FOR i IN 1 .. cardinality(pools) LOOP
        -- From a random point of the pool, so that concurrent claims do not queue up at its head.
        SELECT floor(random() * count_hint.n)::int INTO start
          FROM (SELECT coalesce(max(number), 1) AS n FROM inventory_place WHERE pool_id = pools[i]) count_hint;
        free := ARRAY(
            SELECT id FROM inventory_place WHERE pool_id = pools[i] AND state = 'free' AND number >= start
             ORDER BY pool_id, number LIMIT ns[i] FOR UPDATE SKIP LOCKED);
        IF cardinality(free) < ns[i] THEN
            free := free || ARRAY(
                SELECT id FROM inventory_place WHERE pool_id = pools[i] AND state = 'free' AND number < start
                 ORDER BY pool_id, number LIMIT ns[i] - cardinality(free) FOR UPDATE SKIP LOCKED);
        END IF;
        lapsed := '{}';
        IF cardinality(free) < ns[i] THEN
            lapsed := ARRAY(
                SELECT id FROM inventory_place WHERE pool_id = pools[i] AND state = 'held' AND held_until <= at
                 ORDER BY pool_id, held_until LIMIT ns[i] - cardinality(free) FOR UPDATE SKIP LOCKED);
            INSERT INTO inventory_stockentry (at, kind, place_id, hold_id, cause)
                 SELECT at, 'lapse', id, hold_id, 'claimed by another hold' FROM inventory_place WHERE id = ANY (lapsed);
        END IF;
        IF cardinality(free) + cardinality(lapsed) < ns[i] THEN
            line := i;
            SELECT count(*) INTO available FROM inventory_place
             WHERE pool_id = pools[i] AND (state = 'free' OR (state = 'held' AND held_until <= at));
            RETURN NEXT;
            RETURN;
        END IF;
        UPDATE inventory_place SET state = 'held', hold_id = claim_places.hold, held_until = until, ticket_type_id = types[i]
         WHERE id = ANY (free || lapsed);
        INSERT INTO inventory_stockentry (at, kind, place_id, hold_id, until, cause)
             SELECT at, 'hold', id, claim_places.hold, until, '' FROM unnest(free || lapsed) AS id;
    END LOOP;
END
$body$
"""

DROP_CLAIM_PLACES = "DROP FUNCTION claim_places"
