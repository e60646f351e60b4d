"""Our own documents and plans as files: the one reads and writes everything, the other is made into a document."""

import json
from collections.abc import Mapping
from typing import Any

from seating.document import FORMAT, Document, as_dict, parse
from seating.formats.raw import Exported, Imported, Notes, json_of, refuse
from seating.plan import FORMAT as PLAN
from seating.plan import compile_plan


def looks_like(data: object) -> bool:
    """Whether JSON is a document of ours."""
    return isinstance(data, dict) and data.get("format") == FORMAT


def looks_like_plan(data: object) -> bool:
    """Whether JSON is a plan of ours."""
    return isinstance(data, dict) and data.get("format") == PLAN


def read(content: bytes, options: Mapping[str, Any]) -> Imported:
    """The document, unchanged. It is ours: nothing is mended, every fault refuses it. Raises MapInvalid."""
    notes = Notes()
    data = json_of(content, notes)
    if notes.all():
        refuse("member_twice", notes.all()[0].words)
    return Imported("native", parse(data), ())


def read_plan(content: bytes, options: Mapping[str, Any]) -> Imported:
    """What the plan describes. Raises MapInvalid."""
    notes = Notes()
    planned = compile_plan(json_of(content, notes))
    return Imported("plan", planned.document, [*notes.all(), *planned.faults])


def write(document: Document) -> Exported:
    """The document with everything in it."""
    content = json.dumps(as_dict(document), ensure_ascii=False, separators=(",", ":")).encode()
    return Exported(content, "application/json", "json")
