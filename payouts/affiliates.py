"""Affiliates as the organizer meets them: invited or accepted, they are partners who can be paid, and get a mail that says so.

What they are is `promotions.affiliates`, what they get of an order `checkout.affiliates`, what they are paid like any partner.
"""

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.actions import Actor, buyer_actor
from notifications.actions import queue_email
from payouts.models import Partner
from people.models import Customer
from promotions.affiliates import add_affiliate, affiliate_by_id, change_affiliate, move_affiliate, programme
from promotions.errors import AffiliateInvalid
from promotions.models import Affiliate
from tenants.current import current_organizer
from tenants.queries import storefront_url

State = Affiliate.State


@transaction.atomic
def invite_affiliate(*, name: str, email: str, code: str, actor: Actor) -> Affiliate:
    """Somebody is an affiliate from now on, and is mailed where their links are. Raises AffiliateInvalid."""
    affiliate = add_affiliate(name=name, email=email, code=code, state=State.ACTIVE, actor=actor)
    _make_partner(affiliate)
    _mail(affiliate)
    return affiliate


@transaction.atomic
def apply(*, customer: Customer, name: str, words: str) -> Affiliate:
    """A signed-in buyer would like to be an affiliate. Raises AffiliateInvalid, also while the programme takes nobody."""
    terms = programme()
    if terms is None or not terms.takes_applications:
        raise AffiliateInvalid(_("Nobody can apply at the moment."))
    actor = buyer_actor(customer.pk)
    return add_affiliate(name=name, email=customer.email, state=State.APPLIED, words=words, actor=actor)


@transaction.atomic
def change_state(*, affiliate_id: UUID, state: Affiliate.State, actor: Actor) -> Affiliate:
    """Accept, decline, pause, end or resume one; who is accepted becomes a partner and is mailed. Raises AffiliateNotFound, AffiliateInvalid."""
    was = affiliate_by_id(affiliate_id).state
    if move_affiliate(affiliate_id=affiliate_id, state=state, actor=actor) and state == State.ACTIVE:
        affiliate = affiliate_by_id(affiliate_id)
        _make_partner(affiliate)
        if was in (State.APPLIED, State.DECLINED):
            _mail(affiliate)
    return affiliate_by_id(affiliate_id)


@transaction.atomic
def change_details(*, affiliate_id: UUID, name: str, code: str, promo: str, actor: Actor) -> Affiliate:
    """As `promotions.affiliates.change_affiliate`; the partner has the same name."""
    affiliate = change_affiliate(affiliate_id=affiliate_id, name=name, code=code, promo=promo, actor=actor)
    Partner.objects.filter(affiliate=affiliate).update(name=affiliate.name)
    return affiliate


def _make_partner(affiliate: Affiliate) -> None:
    about = {"affiliate": affiliate, "kind": Partner.Kind.AFFILIATE, "name": affiliate.name, "email": affiliate.email}
    Partner.objects.get_or_create(pk=affiliate.pk, defaults=about)


def _mail(affiliate: Affiliate) -> None:
    organizer = current_organizer()
    path = reverse("storefront:affiliate", urlconf=settings.ROOT_URLCONF)
    terms = programme()
    queue_email(
        key=f"affiliate:{affiliate.pk}",
        to=affiliate.email,
        template="payouts/mail/affiliate",
        context={
            "organizer": organizer,
            "affiliate": affiliate,
            "rate": terms.rate.words if terms else "",
            "button_url": storefront_url(organizer, path),
            "button_label": _("See your links"),
        },
    )
