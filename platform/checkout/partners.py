"""What of an order's money the platform takes in for partners, and how much of that goes back (docs/splits.md)."""

from django.db.models import Q

from checkout.booking import counting_tickets, payee_of, proceeds_of
from ledger.collecting import collected_parties, lock_collecting, still_to_collect
from ledger.models import SplitVersion
from ledger.split_rules import Payee
from orders.models import Attribution, Order
from payments.models import Payment, Refund
from pricing.parts import share
from ui.money import smallest_step


def fix_partners_part(order: Order) -> None:
    """Fix on a locked order's payment what the platform takes in with it for partners whom it pays by transfer.

    It is what they will be owed, this order's shares included, beyond what the platform has or gets from payments that are
    being captured; at most what the order earns. Whatever a sale takes too much or too little, because others
    are lost or refunded meanwhile, the next one makes good.
    """
    payment = Payment.objects.filter(order=order).first()
    if payment is None or order.is_separate:
        return
    its = Attribution.objects.filter(order=order, void_reason="", commission__gt=0).first()
    parties = collected_parties() if order.split_version_id or its else set()
    if not parties:
        return
    lock_collecting(order.currency)
    secured = Order.objects.filter(state=Order.State.SECURED, currency=order.currency)
    secured = secured.filter(Q(split_version__isnull=False) | Q(attribution__isnull=False))
    others = (
        Payment.objects.filter(order__in=secured, state=Payment.State.AUTHORISED)
        .exclude(account_id="")
        .exclude(order=order)
    )
    coming: dict[SplitVersion, tuple[int, int]] = {}
    commissions: dict[Payee, int] = {}
    on_its_way = 0

    def add(one: Order, attribution: Attribution | None) -> None:
        if one.split_version is not None:
            amount, tickets = coming.get(one.split_version, (0, 0))
            coming[one.split_version] = (amount + proceeds_of(one), tickets + counting_tickets(one))
        if attribution is not None and not attribution.is_void:
            payee = payee_of(attribution)
            commissions[payee] = commissions.get(payee, 0) + min(attribution.commission, proceeds_of(one))

    for other in others.select_related("order__split_version", "order__attribution"):
        add(other.order, getattr(other.order, "attribution", None))
        on_its_way += other.partners_part
    most = proceeds_of(order)
    add(order, its)
    wanted = still_to_collect(
        parties=parties, currency=order.currency, coming=coming, on_its_way=on_its_way, commissions=commissions
    )
    part = min(max(0, wanted), most)
    payment.partners_part = part - part % smallest_step(order.currency)
    payment.save(update_fields=["partners_part"])


def fee_parts(refund: Refund, back: int) -> tuple[int, int]:
    """Of `back` minor units that the platform gave back with a refund: how much of our fee, how much of the partners' part.

    The provider returns both together in proportion; on the running total of the payment's refunds, both come back exactly.
    """
    payment = refund.payment
    whole = payment.application_fee + payment.partners_part
    if payment.partners_part == 0 or whole == 0:
        return back, 0
    earlier = payment.refunds.filter(created_at__lt=refund.created_at).exclude(provider_id="")
    gone = sum(one.fee_amount + one.partners_amount for one in earlier)
    ours = share(payment.application_fee, part=back, whole=whole, gone=gone)
    return ours, back - ours
