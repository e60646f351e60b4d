"""Members join; customers are remembered; consents are kept word for word."""

from uuid import UUID

from django.db import transaction

from audit.actions import Actor, record
from people.consents import CONSENT_TEXTS
from people.models import Consent, Customer, Membership


@transaction.atomic
def add_member(*, user_id: UUID, name: str, email: str, role: Membership.Role, actor: Actor) -> Membership:
    """Give a user a role here; a second call changes the role."""
    membership, _created = Membership.objects.update_or_create(
        user_id=user_id, defaults={"role": role, "name": name, "email": email}
    )
    record(verb="add_member", target=membership, actor=actor, detail={"role": role.value})
    return membership


def remember_customer(*, email: str, name: str) -> Customer:
    """The customer with this address, made or found; the newest name wins. Runs in the caller's transaction."""
    customer = Customer.objects.filter(email__iexact=email).order_by("pk").first()
    if customer is None:
        Customer.objects.bulk_create([Customer(email=email, name=name)], ignore_conflicts=True)
        customer = Customer.objects.get(email__iexact=email)
    if customer.name != name:
        customer.name = name
        customer.save(update_fields=["name"])
    return customer


def keep_consents(*, customer: Customer, given: frozenset[str], reference: str) -> None:
    """Append one row per text that was shown, given or not, with its words and version."""
    Consent.objects.bulk_create(
        Consent(
            customer=customer,
            kind=text.kind,
            is_given=text.kind in given,
            text_version=text.version,
            text=str(text.text),
            reference=reference,
        )
        for text in CONSENT_TEXTS
    )
