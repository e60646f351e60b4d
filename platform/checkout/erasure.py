"""Take a buyer out of what is over. Orders are never deleted, but nobody needs to know for ever who bought."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import Actor, record
from checkout.errors import BuyerStillNeeded
from checkout.visits import KEPT_FOR as DISPUTABLE_FOR
from notifications.actions import forget_emails_to
from orders.models import Order
from orders.queries import has_orders
from payments.models import Refund, RefundRequest
from payments.queries import OWED
from payments.saved_cards import forget_cards
from people.models import Customer
from people.queries import customer_by_email
from people.sign_in import close_account, erased_address
from promotions.actions import forget_recipient
from recovery.actions import forget_person as forget_reminded
from tickets.actions import forget_pdfs
from ui.errors import NotFound
from waitlist.actions import forget_person

ERASED_NAME = "-"  # on orders that have lost theirs


def close_buyers_account(*, customer: Customer) -> None:
    """End a buyer's account as they ask. Saved cards go first, at the provider: while it does not answer nothing is closed.

    Raises ProviderUnavailable, ProviderRefused.
    """
    forget_cards(customer=customer)
    with transaction.atomic():
        Customer.objects.select_for_update().get(pk=customer.pk)  # an order being placed for it is seen, or waits
        close_account(customer=customer, is_needed=has_orders(customer.pk))


def erase_buyer(*, email: str, actor: Actor) -> int:
    """Replace name and address of this buyer on their orders and delete what else tells of them; how many orders.

    Amounts, tickets and books stay as they are. May run again after a crash. Raises NotFound, BuyerStillNeeded while an order is
    not over for good, ProviderUnavailable; then nothing that is needed has changed.
    """
    customer = customer_by_email(email)
    if customer is None:
        raise NotFound
    _refuse_needed(customer)
    forget_cards(customer=customer)
    for order in Order.objects.filter(customer=customer):
        forget_pdfs(order)  # they name the buyer, and would be drawn again
    with transaction.atomic():
        forget_person(customer.email)
        forget_reminded(customer.email)
        forget_recipient(customer.email)
        orders = list(Order.objects.select_for_update(no_key=True).filter(customer=customer).order_by("pk"))
        _refuse_needed(customer)
        RefundRequest.objects.filter(order__in=orders).update(words="")
        mine = Order.objects.filter(pk__in=[order.pk for order in orders])
        mine.update(name=ERASED_NAME, email=erased_address(customer), buyer_key="")
        forget_emails_to(customer.email)
        close_account(customer=customer, is_needed=False)
        record(verb="erase_buyer", target=customer, actor=actor, detail={"orders": len(orders)})
    return len(orders)


def _refuse_needed(customer: Customer) -> None:
    """Open orders, dates that a bank may still be asked about, and money that is owed need to be known whose they are."""
    orders = Order.objects.filter(customer=customer)
    is_open = Q(state__in=(Order.State.PENDING, Order.State.SECURED)) | Q(frozen_at__isnull=False)
    is_recent = Q(paid_at__isnull=False, performance__ends_at__gt=timezone.now() - DISPUTABLE_FOR)
    on_its_way = Q(state__in=(Refund.State.REQUESTED, Refund.State.PENDING))
    owed = Refund.objects.filter(on_its_way | OWED, payment__order__in=orders)
    if orders.filter(is_open | is_recent).exists() or owed.exists():
        raise BuyerStillNeeded(
            _("An order of this buyer is open, less than %(days)d days past its date, or still owed a refund.")
            % {"days": DISPUTABLE_FOR.days}
        )
