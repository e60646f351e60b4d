"""The API of a buyer's account: sign in by a mailed code, then a bearer token in `Authorization`. No cookie is looked at."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Header, Path, Router, Status
from ninja.security import HttpBearer

from orders.queries import orders_of_customer
from payments.saved_cards import remove_method, saved_methods
from payments.vault import SavedCard
from people.models import BuyerSession
from people.sign_in import ask_to_sign_in, open_sign_in, session_of, sign_in_by_code, sign_out
from storefront import schemas
from storefront.api import order_out
from storefront.buyers import count_code, origin_of
from storefront.views.pages import count_mail
from ui.network import client_network
from ui.problems import Problem


class SessionToken(HttpBearer):
    """The token of a buyer's session; the operation gets the session."""

    def authenticate(self, request: HttpRequest, token: str) -> BuyerSession | None:
        return session_of(token=token, host=request.get_host())


router = Router(tags=["buyers"])
signed_in = SessionToken()
KEY = Header(None, alias="Idempotency-Key", description="Not needed: another mail does no harm, and a code works once")
CardId = Path(..., max_length=64, description="The card's id", examples=["pm_1"])


def _session(request: HttpRequest) -> BuyerSession:
    session: BuyerSession = request.auth  # type: ignore[attr-defined]
    return session


@router.post(
    "/sign-ins",
    operation_id="create_sign_in",
    response={202: schemas.SignInOut, 400: Problem, 422: Problem, 429: Problem},
)
def create_sign_in(request: HttpRequest, payload: schemas.SignInIn, key: str | None = KEY) -> Status[Any]:
    """Mail a code that works once, for a quarter of an hour. The answer is the same for every address, known or not."""
    count_mail(request, to=payload.email)
    return Status(202, ask_to_sign_in(email=payload.email, origin=origin_of(request)))


@router.post(
    "/sign-ins/{uuid:sign_in_id}/session",
    operation_id="create_buyer_session",
    response={201: schemas.BuyerSessionOut, 400: Problem, 409: Problem, 422: Problem, 429: Problem},
)
def create_buyer_session(
    request: HttpRequest, sign_in_id: UUID, payload: schemas.CodeIn, key: str | None = KEY
) -> Status[Any]:
    """Exchange the mailed code for a bearer token. It opens the buyer's account on this host alone, for 30 days."""
    asked = open_sign_in(sign_in_id=sign_in_id)
    network = client_network(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))
    refused = _("Too many codes were tried. Press the button in the e-mail instead, or try again later.")
    count_code(email=asked.email, network=network, refused=refused)
    kind = BuyerSession.Kind.PROGRAM
    begun = sign_in_by_code(sign_in_id=sign_in_id, code=payload.code, host=request.get_host(), kind=kind)
    return Status(201, {"token": begun.token, "expires_at": begun.session.expires_at})


@router.delete("/account/session", operation_id="end_buyer_session", auth=signed_in, response={204: None, 401: Problem})
def end_buyer_session(request: HttpRequest) -> Status[None]:
    """Sign out: this token is worth nothing from now on."""
    sign_out(session=_session(request))
    return Status(204, None)


@router.get("/account", operation_id="get_account", auth=signed_in, response={200: schemas.AccountOut, 401: Problem})
def get_account(request: HttpRequest) -> dict[str, Any]:
    """Who is signed in."""
    customer = _session(request).customer
    return {"email": customer.email, "name": customer.name}


@router.get(
    "/account/orders",
    operation_id="list_account_orders",
    auth=signed_in,
    response={200: schemas.OrderListOut, 401: Problem},
)
def list_account_orders(request: HttpRequest) -> dict[str, Any]:
    """The orders of the buyer's address, and those they placed for others, the newest first."""
    return {"items": [order_out(order) for order in orders_of_customer(_session(request).customer_id)]}


@router.get(
    "/account/cards",
    operation_id="list_saved_cards",
    auth=signed_in,
    response={200: schemas.SavedCardListOut, 401: Problem, 409: Problem, 503: Problem},
)
def list_saved_cards(request: HttpRequest) -> dict[str, Any]:
    """The buyer's saved cards, and the bank accounts that may be debited, as the payment provider has them."""
    saved = saved_methods(_session(request).customer)
    cards = [one for one in saved if isinstance(one, SavedCard)]
    return {"items": cards, "debits": [one for one in saved if one not in cards]}


@router.delete(
    "/account/cards/{card_id}",
    operation_id="remove_saved_card",
    auth=signed_in,
    response={204: None, 401: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)
def remove_saved_card(request: HttpRequest, card_id: str = CardId) -> Status[None]:
    """Let the payment provider forget a card, or a debit, for good."""
    remove_method(customer=_session(request).customer, method_id=card_id)
    return Status(204, None)
