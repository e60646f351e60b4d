"""The ways a seat map may be refused."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ui.errors import BadInput, DomainError, NotFound

MOST_FAULTS_TOLD = 200


def clean(text: str) -> str:
    """The text without what cannot be printed: control characters, lone surrogates, marks that turn the direction of writing."""
    return (text if text.isprintable() else "".join(letter for letter in text if letter.isprintable())).strip()


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a map or a file. `where` is a path in it ("floors[0].sections[2]"), `element` the id of
    what a click should zoom to, "" where there is none. An error keeps a map from being published, a warning does not."""

    code: str
    words: str
    where: str = ""
    element: str = ""
    severity: Literal["error", "warning", "repaired", "lost"] = "error"

    def __post_init__(self) -> None:
        """What it quotes of a file can be printed, whatever the file has."""
        for name in ("words", "where", "element"):
            object.__setattr__(self, name, clean(getattr(self, name)))

    def as_dict(self) -> dict[str, str]:
        """Plain JSON values."""
        return asdict(self)


class MapInvalid(BadInput):
    """A document, plan or file that is no seat map. `extra["faults"]` lists what is wrong, at most MOST_FAULTS_TOLD."""

    code = "seat_map_invalid"
    title = _("This is not a valid seat map")

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: Sequence[Fault] = list(faults)
        first = self.faults[0].words if self.faults else ""
        more = len(self.faults) - 1
        detail = first if more < 1 else _now("%(first)s And %(more)d more.") % {"first": first, "more": more}
        super().__init__(detail, faults=[fault.as_dict() for fault in self.faults[:MOST_FAULTS_TOLD]])


class MapNotFound(NotFound):
    code = "seat_map_not_found"
    title = _("No such seat map")


class MapBusy(DomainError):
    """Somebody else edits this map. `extra["editor"]` is their name."""

    code = "seat_map_busy"
    title = _("Somebody else is editing this map")


class DraftMoved(DomainError):
    """The draft has changed since the client read it. `extra["revision"]` is its present revision."""

    code = "seat_map_draft_moved"
    title = _("This map has changed meanwhile")


class NotPublishableMap(DomainError):
    """The map has errors. `extra["faults"]` lists them."""

    code = "seat_map_has_errors"
    title = _("This map cannot be published yet")
