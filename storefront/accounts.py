"""A buyer's account with this organizer: sign in by a mailed code, orders, details, sign out. Buying needs none of it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from checkout.erasure import close_buyers_account
from orders.models import Order
from orders.queries import orders_of_customer
from payments.errors import ProviderRefused, ProviderUnavailable
from payments.queries import standings
from payments.saved_cards import remove_method, saved_methods
from payments.standing import Standing
from people.errors import SignInOver
from people.models import BuyerSession
from people.sign_in import (
    CODE_TIME,
    SignedIn,
    ask_to_sign_in,
    open_sign_in,
    rename_customer,
    sign_in_by_code,
    sign_in_by_link,
    sign_out,
)
from promotions.affiliates import affiliate_of_person, programme
from storefront.buyers import count_code, forget_signed_in, keep_signed_in, origin_of, signed_in
from storefront.views.pages import count_mail, secret_page, told_to_wait
from ui.errors import DomainError
from ui.middleware import public_form
from ui.network import client_network

BuyerView = Callable[..., HttpResponse]
# How an order's standing looks: the kind of its badge.
BADGES = {
    Standing.PAID: "ok",
    Standing.PARTLY_REFUNDED: "ok",
    Standing.PENDING: "warn",
    Standing.UNDER_WAY: "note",
    Standing.CONFIRMING: "note",
    Standing.DISPUTED: "warn",
}


def buyers_page(view: BuyerView) -> BuyerView:
    """For who is signed in: gets the session; everybody else is led to sign in, and back."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        session = signed_in(request)
        if session is None:
            then = request.path if request.method == "GET" else reverse("storefront:account")
            return redirect(f"{reverse('storefront:sign_in')}?{urlencode({'next': then})}")
        return view(request, session, *args, **kwargs)

    return secret_page(wrapped)


# --- Sign in ---------------------------------------------------------------------------------------------------------------


@secret_page
@public_form
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """`storefront/sign_in.html`: `email` as typed, `then`, `error`. A post mails a code, to any address, and leads to where it is typed."""
    then = _inside(request.POST.get("next") or request.GET.get("next", ""))
    if request.method != "POST":
        if signed_in(request) is not None:
            return redirect(then or "storefront:account")
        return render(request, "storefront/sign_in.html", {"then": then})
    email = request.POST.get("email", "").strip()
    try:
        count_mail(request, to=email)
        asked = ask_to_sign_in(email=email, origin=origin_of(request), then=then)
    except DomainError as error:
        context = {"email": email, "then": then, "error": error}
        return told_to_wait(render(request, "storefront/sign_in.html", context, status=error.status), error)
    return redirect("storefront:sign_in_code", sign_in_id=asked.pk)


@secret_page
@public_form
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_code(request: HttpRequest, sign_in_id: UUID) -> HttpResponse:
    """`storefront/sign_in_code.html`: the `asked` mail (None once it is over), `minutes`, `error`. A post signs in with its code."""
    context: dict[str, Any] = {"minutes": CODE_TIME.seconds // 60}
    try:
        context["asked"] = asked = open_sign_in(sign_in_id=sign_in_id)
        if request.method != "POST":
            return render(request, "storefront/sign_in_code.html", context)
        count_code(
            email=asked.email,
            network=_network(request),
            refused=_("Too many codes were tried. Press the button in the e-mail instead, or try again later."),
        )
        code = request.POST.get("code", "")[:20]
        begun = sign_in_by_code(
            sign_in_id=sign_in_id, code=code, host=request.get_host(), kind=BuyerSession.Kind.BROWSER
        )
    except DomainError as error:
        if isinstance(error, SignInOver):
            context["asked"] = None
        status = 422 if request.method == "POST" else 200
        page = render(request, "storefront/sign_in_code.html", {**context, "error": error}, status=status)
        return told_to_wait(page, error)
    return _welcome(request, begun)


@secret_page
@public_form
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_link(request: HttpRequest, sign_in_id: UUID, token: str) -> HttpResponse:
    """`storefront/sign_in_link.html`: who is about to sign in (`asked`). A look changes nothing, for mail programs look too; a post signs in."""
    try:
        asked = open_sign_in(sign_in_id=sign_in_id, token=token)
        if request.method != "POST":
            return render(request, "storefront/sign_in_link.html", {"asked": asked})
        begun = sign_in_by_link(
            sign_in_id=sign_in_id, token=token, host=request.get_host(), kind=BuyerSession.Kind.BROWSER
        )
    except SignInOver as error:
        status = 422 if request.method == "POST" else 200
        return render(request, "storefront/sign_in_code.html", {"asked": None, "error": error}, status=status)
    return _welcome(request, begun)


def _welcome(request: HttpRequest, begun: SignedIn) -> HttpResponse:
    """On to the page that was asked for, as the buyer; whoever was signed in before in this browser no longer is."""
    before = signed_in(request)
    if before is not None:
        sign_out(session=before)
    response = redirect(_inside(begun.then) or "storefront:account")
    keep_signed_in(response, begun)
    return response


def _inside(path: str) -> str:
    """A path of this very host to go on to, or "" for anything else."""
    is_ours = path.startswith("/") and len(path) <= 200 and path.isascii() and path.isprintable()
    return path if is_ours and url_has_allowed_host_and_scheme(path, allowed_hosts=None) else ""


def _network(request: HttpRequest) -> str:
    return client_network(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))


# --- The account -----------------------------------------------------------------------------------------------------------


@buyers_page
@require_safe
def account(request: HttpRequest, session: BuyerSession) -> HttpResponse:
    """`storefront/account.html`: see `_context`."""
    return render(request, "storefront/account.html", _context(session))


def _context(session: BuyerSession, *, error: DomainError | None = None, name: str | None = None) -> dict[str, Any]:
    """What the account page shows.

    The `customer`, `coming` and `past` orders as {order, standing, badge}, `saved` cards and debits (payments.vault.SavedMethod; None
    while the provider is away), `name` as typed, `error`; whether they are an `affiliate`, or may apply (`takes_affiliates`).
    """
    customer = session.customer
    saved = None
    with suppress(ProviderUnavailable, ProviderRefused):
        saved = saved_methods(customer)
    orders = orders_of_customer(customer.pk)
    found = standings(orders)
    rows = [{"order": order, "standing": found[order.pk][0], "badge": _badge(found[order.pk][0])} for order in orders]
    now = timezone.now()
    coming = {order.pk: order.performance.starts_at for order in orders if _is_coming(order, now)}
    terms = programme()
    by_order = {order.pk: row for order, row in zip(orders, rows, strict=True)}
    return {
        "customer": customer,
        "coming": [by_order[pk] for pk in sorted(coming, key=lambda pk: coming[pk])],
        "past": [row for pk, row in by_order.items() if pk not in coming],
        "saved": saved,
        "name": customer.name if name is None else name,
        "error": error,
        "affiliate": affiliate_of_person(customer.email) if terms else None,
        "takes_affiliates": terms is not None and terms.takes_applications,
    }


def _badge(standing: Standing) -> str:
    return BADGES.get(standing, "plain")


def _is_coming(order: Order, now: datetime) -> bool:
    return order.performance.ends_at > now and order.state not in (Order.State.CANCELLED, Order.State.REFUNDED)


@buyers_page
@require_POST
def account_details(request: HttpRequest, session: BuyerSession) -> HttpResponse:
    """Take the buyer's name."""
    name = request.POST.get("name", "")
    try:
        rename_customer(customer_id=session.customer_id, name=name)
    except DomainError as error:
        return render(request, "storefront/account.html", _context(session, error=error, name=name), status=422)
    return redirect(f"{reverse('storefront:account')}?saved=1")


@buyers_page
@require_POST
def card_removal(request: HttpRequest, session: BuyerSession, card_id: str) -> HttpResponse:
    """Let the payment provider forget one of the buyer's cards or debits."""
    try:
        remove_method(customer=session.customer, method_id=card_id)
    except (ProviderUnavailable, ProviderRefused):
        words = _("The payment provider does not answer, so it is still saved. Try again in a minute.")
        context = {**_context(session), "card_error": words}
        return render(request, "storefront/account.html", context, status=503)
    return redirect(f"{reverse('storefront:account')}?removed=1")


@buyers_page
@require_http_methods(["GET", "HEAD", "POST"])
def account_closure(request: HttpRequest, session: BuyerSession) -> HttpResponse:
    """`storefront/account_closure.html`: what closing means; `error`. A post with `sure` removes the cards, then closes the account."""
    if request.method != "POST":
        return render(request, "storefront/account_closure.html", {})
    if "sure" not in request.POST:
        error = _("Tick the box to close your account.")
        return render(request, "storefront/account_closure.html", {"error": error}, status=422)
    try:
        close_buyers_account(customer=session.customer)
    except (ProviderUnavailable, ProviderRefused):
        error = _("The payment provider does not answer, so nothing is closed yet. Try again in a minute.")
        return render(request, "storefront/account_closure.html", {"error": error}, status=503)
    response = redirect(f"{reverse('storefront:sign_in')}?closed=1")
    forget_signed_in(response)
    return response


@buyers_page
@require_POST
def account_sign_out(request: HttpRequest, session: BuyerSession) -> HttpResponse:
    """Sign out here, or with `everywhere` in every browser and program."""
    sign_out(session=session, everywhere="everywhere" in request.POST)
    response = redirect("storefront:events")
    forget_signed_in(response)
    return response
