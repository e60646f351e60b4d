"""What people call the things of a seat map."""

from django.utils.translation import gettext as _


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
