"""The demo's affiliate: one with a link, a code and a few visits, and a programme that takes applications."""

from datetime import timedelta

from django.utils import timezone

from audit.actions import SYSTEM
from events.models import Event
from payouts.affiliates import change_details, invite_affiliate
from promotions.affiliates import count_click, programme, set_programme
from promotions.commission import CommissionKind, Rate
from promotions.models import PromoCode


def add_affiliate(event: Event, slug: str) -> None:
    """Once: ten percent to a city blog whose link is /r/CITYBLOG/."""
    if programme() is not None:
        return
    rate = Rate(CommissionKind.PERCENT, basis_points=1000, currency=event.currency)
    set_programme(rate=rate, takes_applications=True, actor=SYSTEM)
    blog = invite_affiliate(name="The City Blog", email=f"blog@{slug}.example", code="CITYBLOG", actor=SYSTEM)
    if PromoCode.objects.filter(key="SPRING").exists():
        change_details(affiliate_id=blog.pk, name=blog.name, code=blog.code, promo="SPRING", actor=SYSTEM)
    now = timezone.now()
    for n in range(24):
        count_click(
            affiliate=blog, event_id=event.pk, network=str(n), browser="", at=now - timedelta(hours=7 * n * (1 + n % 3))
        )
