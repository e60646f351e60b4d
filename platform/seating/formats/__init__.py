"""Seat maps as files of other kinds, in and out (docs/seat-map-formats.md).

`import_file` makes a document of a file and tells every fault one by one; `export_file` makes a file of a document and tells
what that kind of file cannot hold. Neither writes anything: a map is made by `seating.actions`.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

from seating.document import Document
from seating.formats import csv, native, pretix, seatsio, svg
from seating.formats.raw import Exported, Imported, Notes, json_of, refuse, text_of

READERS: Final = {
    "native": native.read,
    "plan": native.read_plan,
    "pretix": pretix.read,
    "seatsio": seatsio.read,
    "svg": svg.read,
    "csv": csv.read,
}
WRITERS: Final = {"native": native.write, "pretix": pretix.write, "svg": svg.write, "csv": csv.write}

__all__ = ["READERS", "WRITERS", "Exported", "Imported", "export_file", "format_of", "import_file"]


def import_file(
    name: str, content: bytes, format: str | None = None, options: Mapping[str, Any] | None = None
) -> Imported:
    """What the file says, as a document.

    `format` is one of READERS; None: found out from the content. `options` are the format's own: `clusters` (SVG: which
    shapes are seats), `areas` (pretix: path → how many people it holds). Raises MapInvalid for a file that cannot be read.
    """
    chosen = format or format_of(content)
    reader = READERS.get(chosen)
    if reader is None:
        refuse("format", _("“format” is one of: %s.") % ", ".join(READERS), "format")
    return reader(content, options or {})


def export_file(document: Document, format: str) -> Exported:
    """The document as a file of this kind, one of WRITERS. Raises MapInvalid for another."""
    writer = WRITERS.get(format)
    if writer is None:
        refuse("format", _("“format” is one of: %s.") % ", ".join(WRITERS), "format")
    return writer(document)


def format_of(content: bytes) -> str:
    """Which format a file has, by what is in it. Raises MapInvalid if it is none."""
    text = text_of(content)
    begin = text.lstrip()[:1]
    found = ""
    if begin == "<":
        found = "svg"
    elif begin in ("{", "["):
        data = json_of(content, Notes())
        found = next((name for name, looks_like in _LOOKS.items() if looks_like(data)), "")
    elif csv.looks_like(text):
        found = "csv"
    if not found:
        refuse(
            "format_unknown", _("This is no seat map, plan, pretix plan, seats.io chart, SVG or CSV list that we know.")
        )
    return found


_LOOKS: Final = {
    "native": native.looks_like,
    "plan": native.looks_like_plan,
    "seatsio": seatsio.looks_like,
    "pretix": pretix.looks_like,
}
