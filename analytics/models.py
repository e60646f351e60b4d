from django.db import models
from django.utils.translation import gettext_lazy as _

from events.models import Performance


class StockProof(models.Model):
    """One comparison of a performance's stock as told by its journal, its places and its tickets, at one instant.

    All counts are places: a ticket that draws from two quotas takes two. `differences` is 0 when all three say the same;
    `digest` names the exact set of differences, so that what staff have accepted is known again.
    """

    performance = models.ForeignKey(Performance, on_delete=models.PROTECT, related_name="stock_proofs")
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)  # an audit.actions.Actor as text
    milliseconds = models.PositiveIntegerField()
    places = models.PositiveIntegerField()
    held_by_journal = models.PositiveIntegerField()
    held_by_places = models.PositiveIntegerField()  # a hold that lapsed and was not taken over is still held here
    blocked_by_journal = models.PositiveIntegerField()
    blocked_by_places = models.PositiveIntegerField()
    sold_by_journal = models.PositiveIntegerField()
    sold_by_places = models.PositiveIntegerField()
    sold_by_tickets = models.PositiveIntegerField()
    differences = models.PositiveIntegerField()
    digest = models.CharField(max_length=32)
    examples = models.JSONField(default=list)  # the first few, as analytics.stock_prover words them
    accepted_at = models.DateTimeField(null=True)  # staff looked, and resumed the sale in spite of the differences
    accepted_by = models.CharField(max_length=80, blank=True)
    accepted_because = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["performance", "-id"], name="stock_proof_newest")]
        verbose_name = _("stock proof")

    @property
    def is_proved(self) -> bool:
        """Whether journal, places and tickets say the same."""
        return self.differences == 0
