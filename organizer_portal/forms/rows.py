"""Forms of rows that are saved together: those that are there, and room for one more."""

from typing import Any, cast

from django import forms
from django.forms.formsets import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from ui.errors import DomainError


class RowForm(forms.Form):
    """One row; it goes when `remove` is ticked, and an empty one at the end is nothing."""

    remove = forms.BooleanField(label=_("Remove"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False

    @property
    def is_kept(self) -> bool:
        """Whether it was filled in and is to stay. After `is_valid`."""
        return (bool(self.initial) or self.has_changed()) and not self.cleaned_data.get("remove")


class Rows(BaseFormSet):  # type: ignore[type-arg]
    """All rows in their order."""

    @property
    def kept(self) -> list[Any]:
        """The rows that are to be. After `is_valid`."""
        return [form for form in self.forms if isinstance(form, RowForm) and form.is_kept]

    def place_refusal(self, refusal: DomainError) -> None:
        """Put a verb's refusal beside the field it names ("0-until": of the first row kept), else at the first row, else above."""
        index, _dash, field = str(refusal.extra.get("field", "")).partition("-")
        rows = self.kept or self.forms
        if not rows:  # whoever posts no rows at all has not used the page
            self.non_form_errors().append(str(refusal.detail or refusal.title))
            return
        form = rows[int(index)] if index.isdigit() and int(index) < len(rows) else rows[0]
        form.add_error(field if field in form.fields else None, refusal.detail)


def rows_form(
    form: type[RowForm], data: Any, initial: list[dict[str, Any]], *, most: int, extra: int = 1, **known: Any
) -> Rows:
    """Filled in with `initial`, or as typed, with `extra` empty rows; `known` goes to each row."""
    made = formset_factory(form, formset=Rows, extra=extra, max_num=most, absolute_max=most + 1, validate_max=True)
    return cast("Rows", made(data, initial=initial, prefix="row", form_kwargs=known))
