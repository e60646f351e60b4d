"""Changes of a draft as its editor sends them: whole elements, by their ids (docs/seat-map-editor.md).

A document *flattened* is a dictionary of elements by id. Each has its `type` and, instead of the elements inside it, lists of
their ids; seats stay inside their row or table. The map itself has the id "". A patch `{"set": {id: element}, "drop": [id]}`
says what elements are now, not what happened to them: sending one twice changes nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from seating.errors import Fault, MapInvalid

ROOT: Final = ""
INSIDE: Final[Mapping[str, Mapping[str, str]]] = {
    "map": {"floors": "floor"},
    "floor": {"sections": "section", "areas": "area", "decorations": "decoration"},
    "section": {"rows": "row", "tables": "table"},
}
"""Of each type that has elements inside: the members that list them, and of what type those are."""
TYPES: Final = ("map", "floor", "section", "row", "table", "area", "decoration")

Element = dict[str, Any]


def flatten(document: Mapping[str, Any]) -> dict[str, Element]:
    """The elements of a document as `seating.document.as_dict` writes it, outer ones first."""
    return dict(_flat(document, "map", ROOT))


def _flat(value: Mapping[str, Any], kind: str, name: str) -> Iterator[tuple[str, Element]]:
    inside = INSIDE.get(kind, {})
    lists = {member: [child["id"] for child in value.get(member, [])] for member in inside}
    yield name, {"type": kind, **value, **lists}
    for member, of in inside.items():
        for child in value.get(member, []):
            yield from _flat(child, of, child["id"])


def apply_patch(draft: Mapping[str, Any], patch: object) -> dict[str, Any]:
    """The draft with the patch applied, still to be read by `seating.document.parse`.

    Raises MapInvalid for a patch that is none, that changes an element's type, and where what it leaves is no tree: an
    element that is listed but not there, listed twice, or there but listed nowhere.
    """
    if not isinstance(patch, dict) or patch.keys() - {"set", "drop"}:
        raise _refusal("patch", _("This is not a change of a seat map."))
    changed, dropped = patch.get("set", {}), patch.get("drop", [])
    if not isinstance(changed, dict) or not isinstance(dropped, list):
        raise _refusal("patch", _("This is not a change of a seat map."))
    elements = flatten(draft)
    for name in dropped:
        if name == ROOT:
            raise _refusal("patch", _("The map itself cannot be removed."))
        if isinstance(name, str):
            elements.pop(name, None)
    for name, element in changed.items():
        if not isinstance(element, dict) or element.get("type") not in TYPES:
            raise _refusal("patch", _("This is not a change of a seat map."), name)
        before = elements.get(name)
        if (name == ROOT) != (element["type"] == "map") or (before and before["type"] != element["type"]):
            raise _refusal("patch", _("An element cannot become one of another kind."), name)
        elements[name] = element
    used = {ROOT}
    whole = _built(elements, ROOT, used)
    lost = elements.keys() - used
    if lost:
        raise _refusal(
            "lost",
            ngettext(
                "%d element is on no floor and in no section.",
                "%d elements are on no floor and in no section.",
                len(lost),
            )
            % len(lost),
            min(lost),
        )
    return whole


def _built(elements: Mapping[str, Element], name: str, used: set[str]) -> dict[str, Any]:
    element = elements[name]
    value = {member: item for member, item in element.items() if member != "type"}
    for member, of in INSIDE.get(element["type"], {}).items():
        listed = element.get(member, [])
        if not isinstance(listed, list):
            raise _refusal("patch", _("“%s” is not a list.") % member, name)
        value[member] = [_child(elements, child, of, used) for child in listed]
    return value


def _child(elements: Mapping[str, Element], name: object, of: str, used: set[str]) -> dict[str, Any]:
    if not isinstance(name, str) or name not in elements or elements[name]["type"] != of:
        raise _refusal("missing", _("An element is listed that is not on the map."), str(name)[:40])
    if name in used:
        raise _refusal("id_twice", _("The id “%s” is there twice.") % name, name)
    used.add(name)
    return {**_built(elements, name, used), "id": name}


def _refusal(code: str, words: str, element: str = "") -> MapInvalid:
    return MapInvalid([Fault(code, words, element=element)])
