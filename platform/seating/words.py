"""What people call the things of a seat map."""

from babel.numbers import format_decimal
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ui.dates import reader_locale


def flag_words() -> dict[str, str]:
    """What is said of a seat, by the flag (`seating.document.FLAGS`)."""
    return {
        "wheelchair": _("wheelchair space"),
        "companion": _("companion seat"),
        "restricted_view": _("restricted view"),
        "aisle": _("on the aisle"),
        "step_free": _("step-free"),
        "near_exit": _("near an exit"),
        "semi_ambulatory": _("easy to reach"),
        "hearing": _("hearing loop"),
        "sign_language": _("view of sign language"),
        "captioning": _("view of captions"),
        "plus_size": _("wide seat"),
        "armrest": _("lift-up armrest"),
    }


def size_words(seats: int, places: int) -> str:
    """ "20,138 seats, 2,500 standing places": what there is none of is left out, unless there is nothing at all."""
    said = []
    if seats or not places:
        said.append(ngettext("%(number)s seat", "%(number)s seats", seats) % {"number": number_words(seats)})
    if places:
        words = ngettext("%(number)s standing place", "%(number)s standing places", places)
        said.append(words % {"number": number_words(places)})
    return ", ".join(said)


def number_words(value: int) -> str:
    """20,138 as the reader writes it."""
    return str(format_decimal(value, locale=reader_locale()))


def kind_word(kind: str) -> str:
    """An object of a map's file, by its kind; a kind that we have no word for stays as it is."""
    words = {
        "area": _("area"),
        "booth": _("booth"),
        "category": _("category"),
        "chart": _("chart"),
        "line": _("line"),
        "plan": _("plan"),
        "row": _("row"),
        "seat": _("seat"),
        "section": _("section"),
        "shape": _("shape"),
        "table": _("table"),
        "text": _("text"),
        "icon": _("icon"),
        "zone": _("zone"),
    }
    return words.get(kind, kind)
