"""What sort of event it is and for whom: category, tags, age, whom to ask, its own terms."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.errors import EventInvalid
from events.models import LONGEST_TAG, MOST_TAGS, EventCategory
from ui.addresses import normal_address

LONGEST_TERMS = 5_000
FACTS = frozenset({"category", "tags", "least_age", "contact_email", "contact_phone", "terms"})

_PHONE = re.compile(r"[0-9+(][0-9 ()/.+-]{4,38}[0-9]")


def normal_tag(typed: str) -> str:
    """A tag as it is kept and compared: lower case, one space between words, without a leading "#"."""
    return " ".join(unicodedata.normalize("NFKC", typed).casefold().replace(",", " ").split()).lstrip("#").strip()


def normal_tags(typed: Iterable[str]) -> list[str]:
    """Tags in their order, each once. Raises EventInvalid for one too long or too many."""
    tags = list(dict.fromkeys(tag for one in typed if (tag := normal_tag(one))))
    if len(tags) > MOST_TAGS:
        raise EventInvalid(_("At most %d tags.") % MOST_TAGS, field="tags")
    for tag in tags:
        if len(tag) > LONGEST_TAG or not tag.isprintable():
            raise EventInvalid(_("A tag has at most %d characters.") % LONGEST_TAG, field="tags")
    return tags


def checked_facts(fields: dict[str, Any]) -> dict[str, Any]:
    """Those of `FACTS` among `fields`, as they are kept. Raises EventInvalid naming the field."""
    facts = {name: value for name, value in fields.items() if name in FACTS}
    for name in facts.keys() - {"tags", "least_age"}:
        facts[name] = str(facts[name]).strip()
    if "tags" in facts:
        facts["tags"] = normal_tags(facts["tags"])
    if facts.get("category") and facts["category"] not in EventCategory.values:
        raise EventInvalid(_("Choose one of the categories."), field="category")
    if facts.get("least_age") is not None and not 1 <= facts["least_age"] <= 99:
        raise EventInvalid(_("Between 1 and 99 years."), field="least_age")
    if facts.get("contact_email"):
        try:
            facts["contact_email"] = normal_address(facts["contact_email"])
        except ValidationError as error:
            raise EventInvalid(_("Enter an e-mail address like hello@example.com."), field="contact_email") from error
    if facts.get("contact_phone") and not _PHONE.fullmatch(facts["contact_phone"]):
        raise EventInvalid(_("Enter a telephone number like +49 30 123456."), field="contact_phone")
    if len(facts.get("terms", "")) > LONGEST_TERMS:
        raise EventInvalid(_("At most %d characters.") % LONGEST_TERMS, field="terms")
    return facts
