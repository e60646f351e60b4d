"""A patch says what elements are now: applied to a draft it gives a document, or nothing changes."""

from typing import Any

import pytest

from seating.document import as_dict, parse
from seating.errors import MapInvalid
from seating.patches import apply_patch, flatten
from tests.seating.test_drafts import row, small_map


def test_a_document_flattened_and_put_together_is_the_same() -> None:
    draft = small_map()

    assert apply_patch(draft, {}) == draft
    elements = flatten(draft)
    assert list(elements) == ["", "ground", "stalls", "row-a", "row-b"]
    assert elements["stalls"]["rows"] == ["row-a", "row-b"]
    assert apply_patch(draft, {"set": elements}) == draft


def test_elements_come_change_and_go_by_their_ids() -> None:
    section = flatten(small_map())["stalls"]
    patch = {
        "set": {
            "stalls": {**section, "rows": ["row-c", "row-a"]},
            "row-c": {"type": "row", **row("row-c", "C", 2)},
            "row-a": {"type": "row", **row("row-a", "AA", 3)},
        },
        "drop": ["row-b"],
    }

    document = parse(apply_patch(small_map(), patch))

    assert [(r.id, r.label, len(r.seats)) for _floor, s in document.sections for r in s.rows] == [
        ("row-c", "C", 2),
        ("row-a", "AA", 3),
    ]
    again = apply_patch(as_dict(document), patch)
    assert parse(again) == document


@pytest.mark.parametrize(
    ("patch", "code"),
    [
        ([], "patch"),
        ({"put": {}}, "patch"),
        ({"set": []}, "patch"),
        ({"drop": "row-a"}, "patch"),
        ({"set": {"row-a": "x"}}, "patch"),
        ({"set": {"row-a": {"type": "seat"}}}, "patch"),
        ({"set": {"row-a": {"type": "section", "rows": []}}}, "patch"),
        ({"set": {"": {"type": "floor"}}}, "patch"),
        ({"drop": [""]}, "patch"),
        ({"drop": ["row-a"]}, "missing"),
        ({"set": {"row-x": {"type": "row"}}}, "lost"),
        ({"set": {"stalls": {"type": "section", "rows": ["row-a", "row-a"]}}}, "id_twice"),
        ({"set": {"stalls": {"type": "section", "rows": ["row-a", "stalls"]}}}, "missing"),
        ({"set": {"stalls": {"type": "section", "rows": {"row-a": 1}}}}, "patch"),
        ({"set": {"stalls": {"type": "section", "rows": [["row-a"]]}}}, "missing"),
    ],
)
def test_what_leaves_no_tree_is_refused(patch: Any, code: str) -> None:
    with pytest.raises(MapInvalid) as refused:
        apply_patch(small_map(), patch)

    assert [fault.code for fault in refused.value.faults] == [code]
