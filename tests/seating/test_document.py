"""Documents: what is read is what was written, and size alone refuses nothing below the stated bounds."""

import math

import pytest

from seating.document import Category, Document, Floor, Row, Seat, Section, as_dict, parse
from seating.errors import MapInvalid


def _grid(rows: int, seats: int) -> Document:
    return Document(
        name="Grid",
        width=100.0 * seats,
        height=100.0 * rows,
        categories=(Category("a", "A", "#0072b2"),),
        floors=(
            Floor(
                "f",
                "Floor",
                sections=(
                    Section(
                        "s",
                        "Grid",
                        category="a",
                        outline=((0.0, 0.0), (10.0, 0.0), (10.0, 10.0)),
                        rows=tuple(
                            Row(
                                f"r{r}",
                                str(r + 1),
                                tuple(
                                    Seat(f"r{r}_{n}", str(n + 1), 100.0 * n, 100.0 * r, flags=frozenset({"aisle"}))
                                    for n in range(seats)
                                ),
                                gaps=(2,),
                            )
                            for r in range(rows)
                        ),
                    ),
                ),
            ),
        ),
    )


def test_as_dict_is_plain_json_that_parse_takes_back() -> None:
    document = _grid(2, 5)
    plain = as_dict(document)
    assert isinstance(plain["floors"], list)
    assert plain["floors"][0]["sections"][0]["outline"][2] == [10.0, 10.0]
    assert plain["floors"][0]["sections"][0]["rows"][0]["seats"][0]["flags"] == ["aisle"]
    assert parse(plain) == document


@pytest.mark.parametrize(
    "shape",
    [
        {"a": "\x00"},
        {"a": "\ud800"},
        {"\x00": 1},
        {"a": math.inf},
        {"a": [1, -math.inf]},
        {"a": math.nan},
        {"a": [[[[1]]]]},
        {"a": "x" * 4000},
        [],
    ],
)
def test_how_a_row_was_drawn_is_something_that_can_be_kept(shape: object) -> None:
    plain = as_dict(_grid(1, 4))
    row = plain["floors"][0]["sections"][0]["rows"][0]
    row["shape"] = {"kind": "arc", "pitch": 50.5, "center": [1, 2.5], "is_new": True, "note": None}
    (kept,) = next(parse(plain).sections)[1].rows
    assert kept.shape == row["shape"]

    row["shape"] = shape
    with pytest.raises(MapInvalid) as refusal:
        parse(plain)
    assert [(fault.code, fault.where) for fault in refusal.value.faults] == [("shape", "floors[0].sections[0].rows[0]")]


def test_seats_do_not_count_among_rows_and_sections() -> None:
    document = _grid(100, 250)
    assert sum(1 for _seat in parse(as_dict(document)).seats) == 25_000
