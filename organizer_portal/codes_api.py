"""The staff API's codes: list, make, change, stop, and make many. Who may: organizer_portal.api.StaffAccess."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from ninja import Query, Router, Status

from checkout.code_desk import code_url, create_batch, create_code, edit_code, figures_of_codes
from idempotency.actions import open_key, remember_answer
from organizer_portal import schemas
from organizer_portal.api import KEY, REFUSED, StaffAccess, caller_of
from promotions.actions import stop_code
from promotions.models import PromoCode
from promotions.queries import code_by_id
from promotions.words import code_key
from tenants.current import current_organizer
from ui.problems import Problem

router = Router(tags=["codes"], auth=StaffAccess())
CHANGED = {400: Problem, 404: Problem, 409: Problem, **REFUSED}


@router.get("/codes", operation_id="list_codes", response={200: schemas.CodeListOut, **REFUSED})
def list_codes(
    request: HttpRequest,
    limit: int = Query(100, ge=1, le=200),
    offset: int = Query(0, ge=0, le=1_000_000),
    code: schemas.CodeWord | None = Query(
        None, description="What people type; letters, digits and dashes as they like"
    ),
    event_id: UUID | None = Query(None, description="Codes for this event alone, and those for every event"),
    batch_id: UUID | None = Query(None, description="Those that were made together"),
) -> dict[str, Any]:
    """The organizer's codes, the newest first, with what they did."""
    found = PromoCode.objects.all()
    if code is not None:
        found = found.filter(key=code_key(code))
    if event_id is not None:
        found = found.filter(Q(event_id=event_id) | Q(event=None))
    if batch_id is not None:
        found = found.filter(batch_id=batch_id)
    total, page = found.count(), list(found.select_related("event")[offset : offset + limit])
    return {"items": _codes_out(page), "total": total}


@router.get(
    "/codes/{uuid:code_id}", operation_id="get_code", response={200: schemas.PromoCodeOut, 404: Problem, **REFUSED}
)
def get_code(request: HttpRequest, code_id: UUID) -> dict[str, Any]:
    """One code, with what it did."""
    return _codes_out([code_by_id(code_id)])[0]


@router.post("/codes", operation_id="add_code", response={201: schemas.PromoCodeOut, **CHANGED})
def add_code(request: HttpRequest, payload: schemas.PromoCodeIn, key: str | None = KEY) -> Status[Any]:
    """A new code with its uses. Without an event it is for every event in its currency."""
    caller = caller_of(request)
    asked = payload.model_dump(mode="json")
    with transaction.atomic():
        row = open_key(scope=f"code:{caller.actor}", key=key, body=asked) if key is not None else None
        if row is not None and row.status:
            return Status(201, _codes_out([code_by_id(UUID(row.body["id"]))])[0])
        made = create_code(typed=payload.code, actor=caller.actor, **_terms_of(payload, "code"))
        if row is not None:
            remember_answer(row=row, status=201, body={"id": str(made.pk)})
    return Status(201, _codes_out([code_by_id(made.pk)])[0])


@router.patch("/codes/{uuid:code_id}", operation_id="change_code", response={200: schemas.PromoCodeOut, **CHANGED})
def change_code(request: HttpRequest, code_id: UUID, payload: schemas.PromoCodeChangeIn) -> dict[str, Any]:
    """Change what is sent, for who uses the code from now on; holds and orders keep their price."""
    edit_code(code_id=code_id, actor=caller_of(request).actor, **payload.model_dump(exclude_unset=True))
    return _codes_out([code_by_id(code_id)])[0]


@router.put("/codes/{uuid:code_id}/stop", operation_id="end_code", response={200: schemas.PromoCodeOut, **CHANGED})
def end_code(request: HttpRequest, code_id: UUID, payload: schemas.CodeStopIn) -> dict[str, Any]:
    """Nobody can use it any more, or again; holds and orders that have it keep it. Asking twice is the same as once."""
    stop_code(code_id=code_id, is_stopped=payload.is_stopped, actor=caller_of(request).actor)
    return _codes_out([code_by_id(code_id)])[0]


@router.post("/codes/batches", operation_id="add_code_batch", response={201: schemas.CodeBatchOut, **CHANGED})
def add_code_batch(request: HttpRequest, payload: schemas.CodeBatchIn, key: str | None = KEY) -> Status[Any]:
    """Many codes that nobody can guess, all of the same terms, each for one use unless it says otherwise: all or none."""
    caller = caller_of(request)
    asked = payload.model_dump(mode="json")
    with transaction.atomic():
        row = open_key(scope=f"codes:{caller.actor}", key=key, body=asked) if key is not None else None
        if row is not None and row.status:
            batch_id: UUID | None = UUID(row.body["id"])
        else:
            terms = _terms_of(payload, "name", "number", "prefix")
            if terms.get("most_uses") is None:
                terms["most_uses"] = 1
            made = create_batch(
                name=payload.name, number=payload.number, prefix=payload.prefix, actor=caller.actor, **terms
            )
            batch_id = made[0].batch_id
            if row is not None:
                remember_answer(row=row, status=201, body={"id": str(batch_id)})
    words = PromoCode.objects.filter(batch_id=batch_id).order_by("key").values_list("code", flat=True)
    return Status(201, {"id": batch_id, "name": payload.name, "codes": list(words)})


def _terms_of(payload: schemas.CodeTermsIn, *without: str) -> dict[str, Any]:
    """As the verbs take them; in the organizer's currency where no event says another."""
    terms = payload.model_dump(exclude={*without})
    terms["currency"] = terms["currency"] or current_organizer().currency
    return terms


_COLUMNS = (
    *(
        "id",
        "code",
        "event_id",
        "batch_id",
        "effect",
        "value",
        "buy",
        "pay",
        "currency",
        "ticket_types",
        "least_tickets",
    ),
    *("most_tickets", "least_spend", "starts_at", "ends_at", "is_combinable", "most_uses", "per_buyer", "budget"),
    *("opens_hidden", "opens_early", "stopped_at", "created_at"),
)


def _codes_out(codes: list[PromoCode]) -> list[dict[str, Any]]:
    did = figures_of_codes([code.pk for code in codes])
    return [
        {
            **{name: getattr(code, name) for name in _COLUMNS},
            "url": code_url(code),
            "claimed": did[code.pk].claimed if code.pk in did else 0,
            "paid": did[code.pk].paid if code.pk in did else 0,
            "given": did[code.pk].given if code.pk in did else 0,
            "revenue": did[code.pk].revenue if code.pk in did else 0,
        }
        for code in codes
    ]
