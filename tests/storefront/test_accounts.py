"""Buyers sign in by a mailed code, at one organizer; what is forged, old, used or guessed changes nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics.invariants import breaches
from audit.actions import SYSTEM
from notifications.models import EmailMessage
from orders.models import Order
from people import sign_in
from people.actions import add_member
from people.models import BuyerSession, Customer, Membership, SignIn
from people.sign_in import CODE_TIME, KEPT_FOR, MOST_FAILURES, SESSION_TIME, forget_sign_ins
from tenants.models import Domain
from tests import world
from tests.staff import Visitor, forget_limits, text
from tests.staff import signed_in as staff_signed_in
from tests.world import BEA, FREE, House
from tests.world import signed_in_buyer as signed_in

COOKIE = settings.BUYER_COOKIE_NAME
OVER = "This code no longer works"
FREE_ONLY = ((FREE, 0, 20),)


@pytest.fixture(autouse=True)
def _fresh_limits():
    forget_limits()


@pytest.fixture
def guest(northside: House) -> Visitor:
    return Visitor(northside.host)


def ask(visitor: Visitor, email: str = BEA.email, then: str = "") -> tuple[SignIn, str]:
    """Ask on the page; the mail's row and the address that the answer leads to."""
    answer = visitor.post("/account/sign-in/", {"email": email, "next": then})
    asked = SignIn.objects.latest("created_at")
    assert (answer.status_code, answer["Location"]) == (302, f"/account/sign-in/{asked.pk}/")
    return asked, answer["Location"]


def who(visitor: Visitor) -> str | None:
    """The address as whom the browser is signed in."""
    page = visitor.get("/account/")
    return page.context["customer"].email if page.status_code == 200 else None


def test_the_mailed_code_signs_in_once_and_leads_back_to_where_one_was(guest, northside):
    asked, here = ask(guest, then="/events/")
    mail = EmailMessage.objects.get(key=f"sign-in:{asked.pk}")
    code = world.mailed_code(asked)
    assert (mail.to, mail.subject) == (BEA.email, "Your sign-in code for Northside Hall")
    assert BEA.email in text(guest.get(here))
    assert code not in asked.code_digest  # what is kept tells nobody the code

    answer = guest.post(here, {"code": f" {code[:3]} {code[3:]} "})

    assert (answer.status_code, answer["Location"]) == (302, "/events/")
    cookie = answer.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")
    session = BuyerSession.objects.get()
    assert (session.kind, session.host, session.customer.email) == ("browser", northside.host, BEA.email)
    assert session.customer.verified_at is not None
    assert session.expires_at - session.created_at == SESSION_TIME
    assert cookie.value not in session.token_digest
    assert who(guest) == BEA.email
    page = guest.get("/account/")
    assert (page["Cache-Control"], page["X-Robots-Tag"]) == ("no-store", "noindex")

    again = Visitor(northside.host)
    assert OVER in text(again.post(here, {"code": code}))
    assert (who(again), BuyerSession.objects.count()) == (None, 1)


def test_the_link_signs_in_by_a_button_alone(guest, northside):
    asked, link = world.ask_to_sign_in(northside, BEA.email)
    address = f"/account/sign-in/{asked.pk}/{link}/"

    for _look in range(2):  # a mail program opens every link
        assert BEA.email in text(guest.get(address))
    assert (who(guest), SignIn.objects.get().used_at) == (None, None)
    assert guest.post(address, HTTP_ORIGIN="https://evil.example").status_code == 403
    assert who(guest) is None

    assert guest.post(address)["Location"] == "/account/"
    assert who(guest) == BEA.email
    stranger = Visitor(northside.host)
    assert OVER in text(stranger.get(address))
    assert stranger.post(address).status_code == 422
    assert who(stranger) is None


def test_the_answer_is_the_same_for_who_bought_here_and_who_never_did(northside):
    world.place_order(world.make_event(kinds=FREE_ONLY), **{FREE: 1})
    answers = []
    for email in (BEA.email, "nobody@example.com"):
        visitor = Visitor(northside.host)
        asked, here = ask(visitor, email)
        page = visitor.get(here)
        shown = text(page).replace(email, "…").replace(str(asked.pk), "…")
        answers.append(
            (page.status_code, shown, EmailMessage.objects.filter(to=email, key__startswith="sign-in").count())
        )

    assert answers[0] == answers[1]
    assert Customer.objects.count() == 1  # nobody has proved anything yet


def test_wrong_codes_are_counted_and_end_the_mail_but_not_its_buyer(guest, northside):
    asked, here = ask(guest)
    code = world.mailed_code(asked)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"

    for _try in range(MOST_FAILURES - 1):
        answer = guest.post(here, {"code": wrong})
        assert answer.status_code == 422
        assert "That is not the code in our newest e-mail." in text(answer)
    assert OVER in text(guest.post(here, {"code": wrong}))
    assert OVER in text(guest.post(here, {"code": code}))  # the right one, too late
    assert (SignIn.objects.get().failures, BuyerSession.objects.count(), Customer.objects.count()) == (5, 0, 0)

    asked, here = ask(guest)
    assert guest.post(here, {"code": world.mailed_code(asked)}).status_code == 302


def test_a_guesser_is_slowed_down_while_the_link_goes_on_working(guest, northside):
    asked, _here = ask(guest)
    other, link = world.ask_to_sign_in(northside, BEA.email)
    for _mail in range(4):
        row, _link = world.ask_to_sign_in(northside, BEA.email)
        for _try in range(MOST_FAILURES):
            guest.post(f"/account/sign-in/{row.pk}/", {"code": "nothing"})

    refused = guest.post(f"/account/sign-in/{asked.pk}/", {"code": world.mailed_code(asked)})

    assert (refused.status_code, int(refused["Retry-After"]) > 0) == (429, True)
    assert "Press the button in the e-mail instead" in text(refused)
    assert (SignIn.objects.get(pk=asked.pk).used_at, BuyerSession.objects.count()) == (None, 0)
    assert guest.post(f"/account/sign-in/{other.pk}/{link}/").status_code == 302


def test_mails_are_limited_for_an_address_and_nothing_is_told(guest):
    for _mail in range(3):
        ask(guest)

    refused = guest.post("/account/sign-in/", {"email": BEA.email})

    assert (refused.status_code, SignIn.objects.count(), EmailMessage.objects.count()) == (429, 3, 3)
    assert int(refused["Retry-After"]) > 0
    ask(guest, "somebody.else@example.com")


@pytest.mark.parametrize(
    "typed", ["", "bea", "bea@", "a" * 250 + "@example.com", "bea@example.com\r\nBcc: x@example.com"]
)
def test_what_is_no_address_gets_no_mail(guest, typed):
    answer = guest.post("/account/sign-in/", {"email": typed})

    assert answer.status_code == 422
    assert (SignIn.objects.count(), EmailMessage.objects.count()) == (0, 0)


def test_an_address_that_only_looks_like_anothers_is_another_persons(guest, northside):
    """Postgres takes a dotless i for an i in capitals, and so it would give the account away."""
    hers = replace(BEA, email="bea@hotmail.com")
    order = world.place_order(world.make_event(kinds=FREE_ONLY), buyer=hers, **{FREE: 1})
    asked, here = ask(guest, "bea@hotma\u0131l.com")
    guest.post(here, {"code": world.mailed_code(asked)})

    assert EmailMessage.objects.get(key=f"sign-in:{asked.pk}").to == "bea@xn--hotmal-t9a.com"
    assert who(guest) == "bea@xn--hotmal-t9a.com"
    assert order.number not in text(guest.get("/account/"))
    assert guest.post("/account/sign-in/", {"email": "b\u0131a@example.com"}).status_code == 422
    assert Customer.objects.count() == 2


def test_an_old_code_and_an_old_session_are_over_and_forgotten_later(guest, northside):
    asked, here = ask(guest)
    SignIn.objects.update(expires_at=timezone.now())
    assert OVER in text(guest.post(here, {"code": world.mailed_code(asked)}))
    assert BuyerSession.objects.count() == 0

    buyer = signed_in(northside, BEA.email)
    assert who(buyer) == BEA.email
    BuyerSession.objects.update(expires_at=timezone.now())
    assert who(buyer) is None
    assert buyer.get("/account/")["Location"] == "/account/sign-in/?next=%2Faccount%2F"

    assert forget_sign_ins() == 0
    long_ago = timezone.now() - KEPT_FOR - CODE_TIME - timedelta(hours=1)
    SignIn.objects.update(expires_at=long_ago)
    BuyerSession.objects.update(expires_at=long_ago)
    EmailMessage.objects.update(queued_at=long_ago)
    assert forget_sign_ins() == 3
    assert EmailMessage.objects.count() == 0
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    "then",
    ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)", "/" + "x" * 300, "/a\r\nb"],
)
def test_nobody_is_led_away_after_signing_in(guest, then):
    asked, here = ask(guest, then=then)

    assert asked.then == ""
    assert guest.post(here, {"code": world.mailed_code(asked)})["Location"] == "/account/"


def test_a_session_opens_nothing_at_the_other_organizer_or_at_another_host(northside, southside):
    Domain.objects.create(domain="tickets.northside.example", tenant=northside.organizer, is_primary=False)
    buyer = signed_in(northside, BEA.email)
    asked, link = world.ask_to_sign_in(northside, BEA.email)
    code = world.mailed_code(asked)

    for host in (southside.host, "tickets.northside.example"):
        thief = Visitor(host)
        thief.cookies[COOKIE] = buyer.cookies[COOKIE].value
        assert thief.get("/account/").status_code == 302, host
    there = Visitor(southside.host)
    for answer in (
        there.post(f"/account/sign-in/{asked.pk}/", {"code": code}),
        there.post(f"/account/sign-in/{asked.pk}/{link}/"),
    ):
        assert (answer.status_code, OVER in text(answer)) == (422, True)
        assert BEA.email not in text(answer)
    with tenant_context(southside.organizer):
        assert (BuyerSession.objects.count(), Customer.objects.count(), SignIn.objects.count()) == (0, 0, 0)
    assert SignIn.objects.get(pk=asked.pk).used_at is None
    assert who(buyer) == BEA.email, "the rightful buyer stays signed in"


def test_buyers_and_staff_are_strangers_to_each_other(northside):
    add_member(user_id=northside.owner.pk, name="Nora", email=BEA.email, role=Membership.Role.OWNER, actor=SYSTEM)
    buyer = signed_in(northside, BEA.email)  # even with a staff member's address
    assert buyer.get("/portal/").status_code == 302
    assert "/login/" in buyer.get("/portal/")["Location"]
    owner = staff_signed_in(northside.owner, northside.host)
    assert owner.get("/account/").status_code == 302
    for stolen in (owner.cookies[settings.SESSION_COOKIE_NAME].value, "buyer_", "", "\x00", "buyer_" + "x" * 5000):
        thief = Visitor(northside.host)
        thief.cookies[COOKIE] = stolen
        assert thief.get("/account/").status_code == 302


def test_the_account_shows_the_orders_of_its_address_and_of_nobody_else(northside):
    event, past = world.make_event("Night Walk", kinds=FREE_ONLY), world.make_event("Long Ago", kinds=FREE_ONLY)
    mine = world.place_order(event, **{FREE: 2})
    over = world.place_order(past, **{FREE: 1})
    then = timezone.now() - timedelta(days=2)
    past.performances.update(doors_at=then, starts_at=then, ends_at=then + timedelta(days=1))
    buyer = signed_in(northside, "BEA@example.com")
    bea = Customer.objects.get(email=BEA.email)
    ann = checkout_for("ann@example.com", account=bea.pk)
    for_ann = world.place_order(event, buyer=ann, **{FREE: 1})
    others = world.place_order(event, buyer=checkout_for("carl@example.com"), **{FREE: 1})

    page = buyer.get("/account/")

    assert [row["order"].pk for row in page.context["coming"]] == [for_ann.pk, mine.pk]
    assert [row["order"].pk for row in page.context["past"]] == [over.pk]
    shown = text(page)
    assert f"/orders/{mine.number}/{mine.token}/" in shown
    assert "Tickets sent to ann@example.com" in shown
    assert others.number not in shown
    assert Customer.objects.count() == 3


def checkout_for(email, account=None):
    return replace(BEA, email=email, account=account)


def test_a_signed_in_buyer_finds_their_details_at_the_checkout_and_the_order_is_theirs(northside):
    buyer = signed_in(northside, BEA.email)
    held = world.hold(world.make_event(kinds=FREE_ONLY), **{FREE: 1})
    address = f"/checkout/{held.pk}/{held.token}/"
    assert "Sign in for your details" in text(Visitor(northside.host).get(address))
    buyer.post("/account/details/", {"name": "Bea B. Buyer"})

    page = text(buyer.get(address))
    assert ('value="Bea B. Buyer"' in page, f'value="{BEA.email}"' in page, "Sign in for" in page) == (
        True,
        True,
        False,
    )
    buyer.post(address, {"name": "Ann", "email": "ann@example.com", "consents": ["terms"]})

    order = Order.objects.get()
    assert (order.email, order.account.email, order.customer.email) == ("ann@example.com", BEA.email, "ann@example.com")


def test_signing_out_ends_this_session_or_all(northside):
    phone, desk, other = (signed_in(northside, email) for email in (BEA.email, BEA.email, "ann@example.com"))

    assert phone.post("/account/sign-out/")["Location"] == "/"
    assert (phone.cookies[COOKIE].value, who(desk)) == ("", BEA.email)
    phone = signed_in(northside, BEA.email)
    kept = phone.cookies[COOKIE].value
    desk.post("/account/sign-out/", {"everywhere": "1"})

    thief = Visitor(northside.host)
    thief.cookies[COOKIE] = kept
    assert (who(phone), who(thief), who(other)) == (None, None, "ann@example.com")


def test_forms_of_the_account_want_their_token(northside):
    buyer = signed_in(northside, BEA.email)
    strict = Visitor(northside.host, enforce_csrf_checks=True)
    strict.cookies[COOKIE] = buyer.cookies[COOKIE].value

    for path in ("/account/sign-out/", "/account/details/"):
        assert strict.post(path, {"name": "Mallory", "everywhere": "1"}).status_code == 403
    assert (who(buyer), Customer.objects.get().name) == (BEA.email, "")
    for typed in ("", "x" * 121, "a\nb"):
        assert buyer.post("/account/details/", {"name": typed}).status_code == 422
    assert Customer.objects.get().name == ""


def test_signing_in_as_somebody_else_ends_what_was_before(guest, northside):
    asked, here = ask(guest)
    guest.post(here, {"code": world.mailed_code(asked)})
    first = guest.cookies[COOKIE].value
    asked, link = world.ask_to_sign_in(northside, "ann@example.com")

    guest.post(f"/account/sign-in/{asked.pk}/{link}/")

    thief = Visitor(northside.host)
    thief.cookies[COOKIE] = first
    assert (who(guest), who(thief)) == ("ann@example.com", None)
    assert sign_in.session_of(token=first, host=northside.host) is None


def test_closing_the_account_leaves_the_orders_and_nothing_else(northside):
    order = world.place_order(
        world.make_event(kinds=FREE_ONLY), buyer=replace(BEA, consents=frozenset({"terms", "news"})), **{FREE: 1}
    )
    buyer, elsewhere, ann = (signed_in(northside, email) for email in (BEA.email, BEA.email, "ann@example.com"))

    assert buyer.post("/account/closure/").status_code == 422
    assert who(buyer) == BEA.email
    assert buyer.post("/account/closure/", {"sure": "1"})["Location"] == "/account/sign-in/?closed=1"
    ann.post("/account/closure/", {"sure": "1"})

    assert (who(buyer), who(elsewhere), who(ann)) == (None, None, None)
    assert SignIn.objects.count() == 0
    order.refresh_from_db()
    assert (order.state, order.email, order.name) == ("paid", BEA.email, BEA.name)
    bea, erased = Customer.objects.order_by("created_at")
    assert (bea.email, bea.name, bea.verified_at) == (BEA.email, "", None)
    assert (erased.email, erased.name) == (f"{erased.pk}@erased.invalid", "")  # no order needs it
    news = list(bea.consents.filter(kind="news").order_by("pk").values_list("is_given", "text_version"))
    assert news == [(True, "2026-11"), (False, "2026-11")]
    assert [row["order"].pk for row in signed_in(northside, BEA.email).get("/account/").context["past"]] == []
    assert breaches() == {}
