"""How people say a seat."""

from django.utils.translation import gettext as _


def seat_words(*, section: str, row: str, label: str, is_at_table: bool) -> str:
    """As a ticket says it: "Stalls, row F, seat 12"; only the section's name for whoever stands in an area."""
    details = {"section": section, "row": row, "seat": label}
    if not label:
        return section
    if is_at_table:
        return _("%(section)s, table %(row)s, seat %(seat)s") % details
    return _("%(section)s, row %(row)s, seat %(seat)s") % details
