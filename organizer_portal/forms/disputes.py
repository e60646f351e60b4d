"""The forms of disputes: an answer to a bank, and what is done by itself."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from organizer_portal.forms.fields import plain
from payments.evidence_fields import FIELDS, LONGEST_EVIDENCE, SHORT
from payments.models import DisputePolicy

ROWS = {"access_activity_log": 12, "product_description": 4, "refund_policy_disclosure": 5}


class EvidenceForm(forms.Form):
    """The parts of an answer, each as the records say it until somebody changes it."""

    def __init__(self, data: Any = None, *, texts: Mapping[str, str] | None = None) -> None:
        super().__init__(data, initial=dict(texts or {}))
        for name, label in FIELDS.items():
            area = forms.Textarea(attrs={"rows": ROWS.get(name, 3)})
            self.fields[name] = forms.CharField(
                label=label,
                required=False,
                max_length=LONGEST_EVIDENCE,
                widget=plain() if name in SHORT else area,
            )


class DisputePolicyForm(forms.Form):
    """What a lost dispute does to its tickets, and what a warning of fraud does."""

    on_lost = forms.ChoiceField(
        label=_("When a dispute is lost"), choices=DisputePolicy.OnLost.choices, widget=forms.RadioSelect
    )
    on_warning = forms.ChoiceField(
        label=_("When a card network warns that a payment looks like fraud"),
        choices=DisputePolicy.OnWarning.choices,
        widget=forms.RadioSelect,
    )
