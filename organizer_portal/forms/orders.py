"""The forms of an order."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.db import models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from checkout.refunds import LONGEST_WORDS, GivingBack, Restock
from organizer_portal.forms.fields import amount_text, plain
from ui.forms import offer_choices
from ui.money import format_money, parse_money


class Act(models.TextChoices):
    """What staff do with tickets: two separate acts, or both at once."""

    BOTH = "both", _("Cancel the tickets and send money back")
    CANCEL = "cancel", _("Cancel the tickets only")
    REFUND = "refund", _("Send money back only; the tickets stay valid")


class GivingBackForm(forms.Form):
    """Tickets, what happens to them and their places, and the amount typed: money does not leave by a slip of the hand."""

    tickets = forms.MultipleChoiceField(
        label=_("Tickets"), required=False, widget=forms.CheckboxSelectMultiple, choices=()
    )
    act = forms.ChoiceField(label=_("What to do"), choices=Act.choices, widget=forms.RadioSelect, initial=Act.BOTH)
    restock = forms.ChoiceField(
        label=_("Their places"), choices=Restock.choices, widget=forms.RadioSelect, initial=Restock.NOW, required=False
    )
    amount = forms.CharField(
        label=_("Type the amount to send back"), max_length=20, required=False, widget=plain(inputmode="decimal")
    )
    words = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_WORDS,
        required=False,
        help_text=_("The buyer reads it in the e-mail. Needed for another amount than the tickets cost."),
        widget=plain(),
    )
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        tickets: Sequence[tuple[str, str]],
        costs: Mapping[UUID, int],
        cost_of: Callable[[Collection[UUID]], Mapping[UUID, int]],
        currency: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.costs, self.cost_of, self.currency = costs, cost_of, currency
        offer_choices(self, "tickets", tickets)
        if not any(costs.values()):  # nothing leaves: the tickets alone are taken back
            del self.fields["amount"], self.fields["act"], self.fields["words"]

    def clean(self) -> dict[str, Any]:
        """`asked`, which the verb judges; what only a form can see wrong is said beside its field."""
        cleaned = super().clean() or self.cleaned_data
        act = cleaned.get("act", Act.CANCEL)
        chosen = frozenset(UUID(one) for one in cleaned.get("tickets", ()))
        amount = 0 if act == Act.CANCEL else self._amount(cleaned)
        cost = sum(self.cost_of(chosen).values())
        if act != Act.REFUND and not chosen:
            self.add_error("tickets", _now("Choose the tickets to cancel."))
        if amount and amount != cost and not cleaned.get("words"):
            words = _now("The tickets chosen cost %(cost)s. Say why another amount goes back.")
            self.add_error("words", words % {"cost": format_money(cost, self.currency)})
        cleaned["asked"] = GivingBack(
            positions=chosen,
            cancels=act != Act.REFUND,
            amount=amount,
            restock=Restock(cleaned.get("restock") or Restock.NOW),
            words=cleaned.get("words", ""),
            key=cleaned.get("key", ""),
        )
        return cleaned

    def _amount(self, cleaned: dict[str, Any]) -> int:
        typed = "".join(sign for sign in cleaned.get("amount", "") if sign.isdigit() or sign in ".,-")
        try:
            amount = parse_money(typed, self.currency)
        except ValueError:
            amount = 0
        if amount == 0:
            self.add_error(
                "amount", _now("Type the amount that goes back, for instance %s.") % format_money(1250, self.currency)
            )
        return amount


class ApprovalForm(forms.Form):
    """Take tickets back that a buyer asked about, and how much money goes with them."""

    prefix = "approve"

    amount = forms.CharField(
        label=_("Amount to send back"), max_length=20, required=False, widget=plain(inputmode="decimal")
    )
    restock = forms.ChoiceField(
        label=_("Their places"), choices=Restock.choices, widget=forms.RadioSelect, initial=Restock.NOW
    )
    words = forms.CharField(label=_("A word to the buyer"), max_length=LONGEST_WORDS, required=False, widget=plain())

    def __init__(self, *args: Any, currency: str, total: int, quoted: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.fields["amount"].initial = amount_text(quoted, currency)
        if not total:
            del self.fields["amount"]  # nothing leaves

    def clean(self) -> dict[str, Any]:
        """With `amount` in minor units, 0 where nothing was typed or nothing was paid."""
        cleaned = super().clean() or self.cleaned_data
        try:
            cleaned["amount"] = parse_money(cleaned.get("amount") or "0", self.currency)
        except ValueError:
            example = format_money(1250, self.currency)
            self.add_error("amount", _now("Type the amount that goes back, for instance %s.") % example)
        cleaned["restock"] = Restock(cleaned.get("restock", Restock.NOW))
        return cleaned


class DeclineForm(forms.Form):
    """No, and why, in words that the buyer reads."""

    prefix = "decline"

    answer = forms.CharField(
        label=_("Why not?"),
        max_length=500,
        help_text=_("The buyer reads it in the e-mail."),
        error_messages={"required": _("Tell the buyer why.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class CancelEventForm(forms.Form):
    """Why an event is cancelled, and its title typed again: this gives back everything that was sold."""

    words = forms.CharField(
        label=_("Why?"),
        max_length=LONGEST_WORDS,
        help_text=_("Every buyer reads it in the e-mail."),
        error_messages={"required": _("Tell the buyers why.")},
        widget=plain(),
    )
    title = forms.CharField(label=_("Type the title of the event to confirm"), max_length=140, widget=plain())

    def __init__(self, *args: Any, title: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.right_title = title

    def clean_title(self) -> str:
        """Exactly the event's, but for capital letters and spaces around it."""
        typed: str = self.cleaned_data["title"]
        if typed.strip().casefold() != self.right_title.strip().casefold():
            raise forms.ValidationError(_now("This is not the title of the event."))
        return typed
