"""Who shares in what events earn, and what they were paid."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import SYSTEM, Actor, record
from inbox.actions import route_account
from ledger.actions import Kind, post
from ledger.collecting import collect_for
from ledger.models import Owed
from ledger.splits import lock_parties, payable, receivable
from payments import gateway
from payouts.errors import PartnerInvalid, PaymentNotOwed
from payouts.models import Partner, PartnerPayment
from tenants.models import Organizer
from ui.addresses import normal_address
from ui.money import format_money

Direction = PartnerPayment.Direction


@transaction.atomic
def add_partner(*, kind: Partner.Kind, name: str, email: str, actor: Actor) -> Partner:
    """Note somebody who may share in what events earn. Raises PartnerInvalid."""
    name, email = name.strip(), email.strip()
    if not name or len(name) > 120 or not name.isprintable():
        raise PartnerInvalid(_("Enter a name of up to 120 characters."), field="name")
    if email:
        try:
            email = normal_address(email)
        except ValidationError as error:
            raise PartnerInvalid(_("Enter an e-mail address like name@example.com."), field="email") from error
    if Partner.objects.filter(kind=kind, name__iexact=name).exists():
        raise PartnerInvalid(_("There is such a partner already."), field="name")
    partner = Partner.objects.create(kind=kind, name=name, email=email)
    record(verb="add_partner", target=partner, actor=actor, detail={"kind": kind.value, "name": name})
    return partner


def start_partner_onboarding(*, partner: Partner, organizer: Organizer, return_url: str) -> str:
    """Where the partner answers the provider's questions; makes its account first where there is none.

    Raises ProviderUnavailable, ProviderRefused.
    """
    if not partner.account_id:
        facts = gateway.create_recipient(
            email=partner.email, country=organizer.country, name=partner.name, key=f"partner-{partner.pk}"
        )
        keep_partner_facts(partner=partner, organizer=organizer, facts=facts)
        partner.account_id = facts.id
    return gateway.create_onboarding_link(account_id=partner.account_id, return_url=return_url, refresh_url=return_url)


@transaction.atomic
def keep_partner_facts(*, partner: Partner, organizer: Organizer, facts: gateway.AccountFacts) -> None:
    """Keep what the provider says of a partner's account, and route its events here."""
    route_account(account_id=facts.id, organizer=organizer)
    locked = Partner.objects.select_for_update().get(pk=partner.pk)
    enabled = facts.capabilities.get("transfers") == "active"
    is_news = (locked.account_id, locked.transfers_enabled) != (facts.id, enabled)
    locked.account_id, locked.transfers_enabled = facts.id, enabled
    locked.requirements = list(facts.requirements)
    locked.save(update_fields=["account_id", "transfers_enabled", "requirements"])
    collect_for(locked.payee, wanted=enabled)
    if is_news:
        record(verb="connect_partner", target=locked, actor=SYSTEM, detail={"transfers_enabled": enabled})


def refresh_partner(*, account_id: str, organizer: Organizer) -> None:
    """Ask the provider what a partner's account may do now; nothing for an account of nobody here. Raises ProviderUnavailable."""
    partner = Partner.objects.filter(account_id=account_id).exclude(account_id="").first()
    if partner is not None:
        keep_partner_facts(partner=partner, organizer=organizer, facts=gateway.fetch_account(account_id))


@transaction.atomic
def note_payment(
    *, partner: Partner, direction: Direction, currency: str, amount: int, words: str, key: str, actor: Actor
) -> PartnerPayment:
    """Note money that went to a partner, or came back from it, outside the provider: never more than is owed.

    `amount` is minor units. Noting it again with the same `key` changes nothing. Raises PaymentNotOwed.
    """
    lock_parties([partner.payee], currency)
    known = PartnerPayment.objects.filter(key=key).first()
    if known is not None:
        return known
    words = words.strip()
    if not words or len(words) > 200 or not words.isprintable():
        raise PaymentNotOwed(_("Say how it was paid, in up to 200 characters."), field="words")
    is_out = direction == Direction.OUT
    most = payable(partner.payee, currency) if is_out else receivable(partner.payee, currency)
    if not 0 < amount <= most:
        detail = _("Between nothing and %s can be noted. Nothing was changed.") % format_money(most, currency)
        raise PaymentNotOwed(detail, field="amount")
    payment = PartnerPayment.objects.create(
        partner=partner,
        direction=direction,
        currency=currency,
        amount=amount,
        words=words,
        key=key,
        created_by=str(actor),
    )
    owed = Owed(Kind.PAYABLE if is_out else Kind.RECEIVABLE, *partner.payee)
    moved = amount if is_out else -amount
    post(key=f"partner-paid:{payment.pk}", currency=currency, amounts={owed: moved, Kind.BANK: -moved})
    detail_of = {"amount": amount, "direction": direction.value, "words": words}
    record(verb="note_payment", target=partner, actor=actor, detail=detail_of)
    return payment
