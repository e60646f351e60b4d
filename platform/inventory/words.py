"""How people say a seat."""

from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class SeatWords:
    """Where somebody sits, in words: `row` is the table's label `is_at_table`; an area is a section alone."""

    section: str
    row: str
    label: str
    is_at_table: bool
    entrance: str

    @property
    def words(self) -> str:
        """In one line."""
        return seat_words(section=self.section, row=self.row, label=self.label, is_at_table=self.is_at_table)


def seat_words(*, section: str, row: str, label: str, is_at_table: bool) -> str:
    """As a ticket says it: "Stalls, row F, seat 12"; only the section's name for whoever stands in an area."""
    details = {"section": section, "row": row, "seat": label}
    if not label:
        return section
    if is_at_table:
        return _("%(section)s, table %(row)s, seat %(seat)s") % details
    return _("%(section)s, row %(row)s, seat %(seat)s") % details
