"""How buyers sign in: a code and a link, mailed, short-lived, for one use; no password, and nothing of the staff's sign-in.

Whoever reads the mail is the customer with that address. A session is a random token of which a digest is kept in this
organizer's schema, so at another organizer there is no such session, and it names the host on which it began.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from audit.actions import buyer_actor, record
from notifications.actions import forget_emails, queue_email
from people.actions import remember_customer
from people.errors import SignInInvalid, SignInOver
from people.models import BuyerSession, Consent, Customer, SignIn
from people.queries import customer_by_email
from tenants.current import current_organizer
from tenants.queries import normal_host
from ui.addresses import is_address, normal_address
from ui.ids import new_token, uuid7

CODE_TIME = timedelta(minutes=15)
MOST_FAILURES = 5  # wrong codes of one mail: by then a guesser has had 5 of a million
SESSION_TIME = timedelta(days=30)
KEPT_FOR = timedelta(days=7)  # of a mail or session that is over, so that somebody can still be told about it


@dataclass(frozen=True)
class SignedIn:
    """A session that has just begun, with its token, which is kept nowhere, and the page that was asked for."""

    session: BuyerSession
    token: str
    then: str


@transaction.atomic
def ask_to_sign_in(*, email: str, origin: str, then: str = "") -> SignIn:
    """Mail a code and a link to an address. The same happens for every address, known here or not.

    `origin` ("https://tickets.example") is the host that was visited, to which the link leads; `then` a path on it. Raises
    SignInInvalid for what is no address.
    """
    try:
        email = normal_address(email)
    except ValidationError as error:
        raise SignInInvalid(_("Enter an e-mail address like name@example.com."), field="email") from error
    if len(email) > 254:
        raise SignInInvalid(_("This e-mail address is too long."), field="email")
    now = timezone.now()
    code, link = f"{secrets.randbelow(1_000_000):06d}", new_token()
    asked = SignIn(id=uuid7(), email=email, then=then, created_at=now, expires_at=now + CODE_TIME)
    asked.code_digest, asked.link_digest = _code_digest(asked, code), _token_digest(link)
    asked.save(force_insert=True)
    path = reverse("storefront:sign_in_link", args=[asked.pk, link], urlconf=settings.ROOT_URLCONF)
    queue_email(
        key=f"sign-in:{asked.pk}",
        to=email,
        template="people/mail/sign_in",
        context={
            "organizer": current_organizer(),
            "code": code,
            "minutes": CODE_TIME.seconds // 60,
            "button_url": f"{origin}{path}",
            "button_label": _("Sign in"),
        },
    )
    return asked


def sign_in_by_code(*, sign_in_id: UUID, code: str, host: str, kind: BuyerSession.Kind) -> SignedIn:
    """Begin a session for whoever types the mailed code. Raises SignInOver, and SignInInvalid for a wrong code, which is counted."""
    with transaction.atomic():
        asked = _open_for_update(sign_in_id)
        if hmac.compare_digest(asked.code_digest, _code_digest(asked, "".join(code.split()))):
            return _begin(asked, host=host, kind=kind)
        asked.failures += 1
        asked.save(update_fields=["failures"])
    if asked.failures >= MOST_FAILURES:
        raise SignInOver(_("Too many wrong codes. Ask for a new one."))
    raise SignInInvalid(_("That is not the code in our newest e-mail. Type its six digits again."), field="code")


@transaction.atomic
def sign_in_by_link(*, sign_in_id: UUID, token: str, host: str, kind: BuyerSession.Kind) -> SignedIn:
    """Begin a session for whoever followed the mailed link and said so. Raises SignInOver."""
    asked = _open_for_update(sign_in_id)
    if not _is_link(asked, token):
        raise SignInOver
    return _begin(asked, host=host, kind=kind)


def open_sign_in(*, sign_in_id: UUID, token: str = "") -> SignIn:
    """The mail that can still be used; with `token` by its link. Raises SignInOver. Changes nothing: mail programs open links."""
    asked = SignIn.objects.filter(pk=sign_in_id).first()
    if asked is None or not _is_open(asked) or (token and not _is_link(asked, token)):
        raise SignInOver
    return asked


def session_of(*, token: str, host: str) -> BuyerSession | None:
    """The session whose token this is, with its customer: while it lasts, and on the host where it began."""
    if not token:
        return None
    session = BuyerSession.objects.select_related("customer").filter(token_digest=_token_digest(token)).first()
    return session if session is not None and _is_live(session, host) else None


def session_by_id(*, session_id: UUID, host: str) -> BuyerSession | None:
    """The same by its id, for what a session has vouched for."""
    session = BuyerSession.objects.select_related("customer").filter(pk=session_id).first()
    return session if session is not None and _is_live(session, host) else None


@transaction.atomic
def sign_out(*, session: BuyerSession, everywhere: bool = False) -> int:
    """End this session, or all of the customer's; how many. From the next request on they are worth nothing."""
    live = BuyerSession.objects.filter(customer_id=session.customer_id, ended_at=None)
    ended = (live if everywhere else live.filter(pk=session.pk)).update(ended_at=timezone.now())
    if everywhere:
        actor = buyer_actor(session.customer_id)
        record(verb="sign_out_everywhere", target=session.customer, actor=actor, detail={"sessions": ended})
    return ended


@transaction.atomic
def rename_customer(*, customer_id: UUID, name: str) -> Customer:
    """The buyer's name as they want it written on orders to come. Raises SignInInvalid."""
    name = name.strip()
    if not name or len(name) > 120 or not name.isprintable():
        raise SignInInvalid(_("Enter your name, up to 120 characters."), field="name")
    customer = Customer.objects.select_for_update().get(pk=customer_id)
    if customer.name != name:
        customer.name = name
        customer.save(update_fields=["name"])
        record(verb="rename_customer", target=customer, actor=buyer_actor(customer.pk))
    return customer


def erased_address(customer: Customer) -> str:
    """What stands where an address was: nobody's, and the customer's alone."""
    return f"{customer.pk}@erased.invalid"


@transaction.atomic
def close_account(*, customer: Customer, is_needed: bool) -> None:
    """End the account: its sessions, its mails, what it says of itself, and the wish for news. Saved cards go before.

    Orders are records of sales and stay with the name and address they were made with, so while it `is_needed` for one the
    customer keeps the address; else nothing of it is left. Signing in again begins anew.
    """
    customer = Customer.objects.select_for_update().get(pk=customer.pk)
    BuyerSession.objects.filter(customer=customer, ended_at=None).update(ended_at=timezone.now())
    SignIn.objects.filter(is_address(customer.email)).delete()
    newest = Consent.objects.filter(customer=customer, kind=Consent.Kind.NEWS).order_by("-at", "-pk").first()
    if newest is not None and newest.is_given:
        Consent.objects.create(
            customer=customer,
            kind=newest.kind,
            is_given=False,
            text_version=newest.text_version,
            text=newest.text,
            reference="account closed",
        )
    customer.name, customer.verified_at = "", None
    if not is_needed:
        customer.email = erased_address(customer)
    customer.save(update_fields=["name", "verified_at", "email"])
    record(verb="close_account", target=customer, actor=buyer_actor(customer.pk))


def forget_sign_ins() -> int:
    """Delete codes with their mails, and sessions, that have been over for KEPT_FOR; how many codes and sessions."""
    past = timezone.now() - KEPT_FOR
    forget_emails(key_prefix="sign-in:", before=past)
    mails, _by_model = SignIn.objects.filter(expires_at__lt=past).delete()
    sessions, _by_model = BuyerSession.objects.filter(expires_at__lt=past).delete()
    return mails + sessions


def _begin(asked: SignIn, *, host: str, kind: BuyerSession.Kind) -> SignedIn:
    now = timezone.now()
    asked.used_at = now
    asked.save(update_fields=["used_at"])
    customer = customer_by_email(asked.email) or remember_customer(email=asked.email, name="")
    if customer.verified_at is None:
        customer.verified_at = now
        customer.save(update_fields=["verified_at"])
    token = f"buyer_{new_token()}"
    session = BuyerSession.objects.create(
        customer=customer,
        kind=kind,
        host=normal_host(host),
        token_digest=_token_digest(token),
        created_at=now,
        expires_at=now + SESSION_TIME,
    )
    record(verb="sign_in", target=customer, actor=buyer_actor(customer.pk), detail={"kind": kind.value})
    return SignedIn(session=session, token=token, then=asked.then)


def _open_for_update(sign_in_id: UUID) -> SignIn:
    asked = SignIn.objects.select_for_update().filter(pk=sign_in_id).first()
    if asked is None or not _is_open(asked):
        raise SignInOver
    return asked


def _is_open(asked: SignIn) -> bool:
    return asked.used_at is None and asked.failures < MOST_FAILURES and timezone.now() < asked.expires_at


def _is_link(asked: SignIn, token: str) -> bool:
    return hmac.compare_digest(asked.link_digest, _token_digest(token))


def _is_live(session: BuyerSession, host: str) -> bool:
    return session.ended_at is None and timezone.now() < session.expires_at and session.host == normal_host(host)


def _token_digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _code_digest(asked: SignIn, code: str) -> str:
    # Keyed, as a million codes are hashed in a second; of this very mail, so that no other has the same.
    return salted_hmac("people.sign_in", f"{asked.pk}:{code}", algorithm="sha256").hexdigest()
