"""What happened: the list that a program catches up from."""

from __future__ import annotations

from typing import Any

from payments.sandbox.call import Call, endpoint, list_object, page_size
from payments.sandbox.errors import StripeError
from payments.sandbox.store import JsonObject, Store

# Deliveries that have not been answered with 2xx, as numbers by event.
UNDELIVERED = "select event, count(*) as n from deliveries where state != 'done' group by event"


@endpoint("get", "/v1/events")
def list_all(call: Call) -> JsonObject:
    params = call.params
    if "type" in params and "types" in params:
        raise StripeError("You may only specify one of these parameters: type, types.", param="types")
    wanted = params.get("types") or ([params["type"]] if "type" in params else [])
    values: list[Any]
    where, values = "o.kind = 'event' and o.account = ?", [call.account]
    if wanted:
        tests = []
        for type_ in wanted:
            tests.append("json_extract(o.body, '$.type') glob ?")
            values.append(type_)
        where += f" and ({' or '.join(tests)})"
    if "delivery_success" in params:
        # An event that nobody listened to was not delivered wrongly.
        where += f" and {'u.n is null' if params['delivery_success'] else 'u.n is not null'}"
    created = params.get("created")
    bounds = {"gte": created, "lte": created} if isinstance(created, int) else created or {}
    for word, sign in (("gt", ">"), ("gte", ">="), ("lt", "<"), ("lte", "<=")):
        if word in bounds:
            where, values = f"{where} and o.created {sign} ?", [*values, bounds[word]]
    order = "desc"
    for word, sign in (("starting_after", "<"), ("ending_before", ">")):
        if word in params:
            call.get("event", params[word], word)
            where, values = f"{where} and o.seq {sign} ?", [*values, call.store.seq_of(params[word])]
            order = "desc" if word == "starting_after" else "asc"
    limit = page_size(params)
    rows = call.store.execute(
        f"select o.id from objects o left join ({UNDELIVERED}) u on u.event = o.id "
        f"where {where} order by o.seq {order} limit ?",
        *values,
        limit + 1,
    )
    events = [with_pending(call.store, call.get("event", row["id"])) for row in rows[:limit]]
    return list_object(events if order == "desc" else events[::-1], call.path, more=len(rows) > limit)


def with_pending(store: Store, event: JsonObject) -> JsonObject:
    """An event with the number of deliveries that are still to come."""
    rows = store.execute(
        "select count(*) as n from deliveries where event = ? and state in ('pending', 'held')", event["id"]
    )
    return {**event, "pending_webhooks": int(rows[0]["n"])}


@endpoint("get", "/v1/events/{id}")
def retrieve(call: Call) -> JsonObject:
    return with_pending(call.store, call.get("event", call.ids["id"]))
