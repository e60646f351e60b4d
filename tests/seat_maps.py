"""Seat maps for tests and figures: a theatre, a cabaret, and stadiums of any size. Pure, and the same every time."""

from dataclasses import replace
from math import cos, hypot, pi, sin

from seating.document import Area, Category, Decoration, Document, Floor, Point, Row, Seat, Section, Table

PITCH = 50.0  # centimetres between neighbours
DEPTH = 90.0  # and from row to row
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"

PREMIUM = Category("premium", "Premium", "#d55e00")
STANDARD = Category("standard", "Standard", "#0072b2")
VALUE = Category("value", "Value", "#009e73")
STANDING = Category("standing", "Standing", "#cc79a7")


def theatre() -> Document:
    """Some 1,000 seats: stalls with two aisles and a wheelchair row, a circle, and a balcony on a floor of its own."""
    stage = Decoration("stage", "stage", 1500, 150, 1400, 180, text="Stage")
    stalls = _fan("stalls", "Stalls", rows=16, first=22, radius=700, aisles=3, category="standard")
    front = tuple(replace(row, category="premium") if number < 5 else row for number, row in enumerate(stalls.rows))
    stalls = replace(stalls, rows=(*front, _spaces(2350)), zone="Ground", entrance="Foyer left and right")
    circle = _fan("circle", "Circle", rows=7, first=44, radius=2550, aisles=2, category="standard")
    balcony = _fan("balcony", "Balcony", rows=6, first=34, radius=1500, aisles=2, category="value")
    last = balcony.rows[-1]
    hidden = tuple(replace(seat, flags=frozenset({"restricted_view"})) for seat in last.seats)
    balcony = replace(balcony, rows=(*balcony.rows[:-1], replace(last, seats=hidden)))
    return Document(
        name="Theatre",
        width=3000,
        height=3600,
        categories=(PREMIUM, STANDARD, VALUE),
        floors=(
            Floor("ground", "Stalls and circle", (stalls, circle), (), (stage,)),
            Floor("upper", "Balcony", (balcony,), (), (replace(stage, id="stage-2", y=700),)),
        ),
        focal=(1500, 240),
    )


def cabaret() -> Document:
    """Twelve round tables of six, four of them sold as a whole, and a standing area behind."""
    tables = tuple(_table(number) for number in range(12))
    return Document(
        name="Cabaret",
        width=1600,
        height=1800,
        categories=(PREMIUM, STANDARD, STANDING),
        floors=(
            Floor(
                "room",
                "Room",
                (Section("parquet", "Parquet", tables=tables, category="standard"),),
                (
                    Area(
                        "standing",
                        "Standing",
                        120,
                        ((200, 1450), (1400, 1450), (1400, 1700), (200, 1700)),
                        "standing",
                    ),
                ),
                (Decoration("stage", "stage", 800, 100, 700, 140, text="Stage"),),
            ),
        ),
    )


def stadium(seats: int = 20_000) -> Document:
    """An oval of about so many seats in two tiers of blocks, of which the upper one has five rows in six."""
    blocks = 16 if seats < 10_000 else 32 if seats < 40_000 else 56
    rows = (12, 10) if seats < 10_000 else (20, 16)
    per_row = round(seats / blocks / sum(rows))
    # As long around its first row as the blocks and the stairs between them are wide.
    around = blocks * (per_row + 2) * PITCH / (2 * pi)
    across, down = around * 2.3 - 1000, around * 1.7 - 1000
    sections = []
    for tier, (count, start) in enumerate(zip(rows, (500.0, 500.0 + rows[0] * DEPTH + 260), strict=True)):
        for block in range(blocks):
            sections.append(_block(tier, block, blocks, count, per_row, across / 2 + start, down / 2 + start))
    middle = across / 2 + 500 + sum(rows) * DEPTH + 500
    return Document(
        name=f"Stadium of {seats}",
        width=middle * 2,
        height=middle * 2,
        categories=(PREMIUM, STANDARD, VALUE),
        floors=(
            Floor(
                "bowl",
                "Bowl",
                tuple(_moved(section, middle) for section in sections),
                (),
                (Decoration("pitch", "stage", middle, middle, across * 0.8, down * 0.8, text="Pitch"),),
            ),
        ),
        focal=(middle, middle),
    )


def _fan(key: str, name: str, *, rows: int, first: int, radius: float, aisles: int, category: str) -> Section:
    """Rows on arcs around the stage at (1500, 0), each two seats longer than the one before."""
    made = []
    for number in range(rows):
        count, reach = first + 2 * (number // 2), radius + number * DEPTH
        parts = [count * (part + 1) // aisles for part in range(aisles - 1)]
        width = (count - 1) * PITCH + len(parts) * PITCH * 1.6
        seats, along = [], -width / 2
        for place in range(count):
            angle = pi / 2 - along / (reach + 500)
            x, y = 1500 + cos(angle) * (reach + 500), sin(angle) * (reach + 500) - 500
            seats.append(Seat(f"{key}-{number}-{place}", str(place + 1), round(x, 1), round(y, 1)))
            along += PITCH + (PITCH * 1.6 if place + 1 in parts else 0)
        gaps = tuple(part - 1 for part in parts)
        made.append(Row(f"{key}-{number}", LETTERS[number], tuple(seats), gaps=gaps))
    return Section(key, name, tuple(made), category=category)


def _spaces(y: float) -> Row:
    """Four wheelchair spaces, each with a companion's seat beside it."""
    seats = []
    for pair in range(4):
        left = 1500 - 600 + pair * 400
        space, companion = f"space-{pair}", f"with-{pair}"
        flags = frozenset({"wheelchair", "step_free"})
        seats += [
            Seat(space, str(pair * 2 + 1), left, y, flags=flags, companions=(companion,)),
            Seat(companion, str(pair * 2 + 2), left + 60, y, flags=frozenset({"companion"})),
        ]
    return Row("spaces", "W", tuple(seats), gaps=(1, 3, 5))


def _table(number: int) -> Table:
    x, y = 260 + (number % 4) * 360, 420 + (number // 4) * 340
    seats = tuple(
        Seat(
            f"t{number}-{chair}",
            str(chair + 1),
            round(x + cos(chair * pi / 3) * 95, 1),
            round(y + sin(chair * pi / 3) * 95, 1),
        )
        for chair in range(6)
    )
    is_whole = number < 4
    return Table(
        f"t{number}", str(number + 1), x, y, seats, category="premium" if is_whole else None, is_whole=is_whole
    )


def _block(tier: int, block: int, blocks: int, rows: int, per_row: int, rx: float, ry: float) -> Section:
    category = "premium" if tier == 0 and block % (blocks // 2) < blocks // 8 else "value" if tier else "standard"
    made = []
    middle = _angle_after(rx, ry, (block + 0.5) / blocks)
    for number in range(rows):
        a, b = rx + number * DEPTH, ry + number * DEPTH
        step = PITCH / hypot(a * sin(middle), b * cos(middle))
        seats = []
        for place in range(per_row):
            angle = middle + (place - (per_row - 1) / 2) * step
            seats.append(
                Seat(f"{tier}-{block}-{number}-{place}", str(place + 1), round(cos(angle) * a), round(sin(angle) * b))
            )
        made.append(Row(f"{tier}-{block}-{number}", str(number + 1), tuple(seats)))
    name = f"Block {(tier + 1) * 100 + block + 1}"
    return Section(f"{tier}-{block}", name, tuple(made), category=category, zone=("Lower", "Upper")[tier])


def _angle_after(rx: float, ry: float, part: float) -> float:
    """Where on an ellipse one is after this part of the way around."""
    steps = 720
    lengths = [hypot(rx * sin(2 * pi * at / steps), ry * cos(2 * pi * at / steps)) for at in range(steps)]
    wanted, gone = part * sum(lengths), 0.0
    for at, length in enumerate(lengths):
        if gone + length >= wanted:
            return 2 * pi * (at + (wanted - gone) / length) / steps
        gone += length
    return 2 * pi


def _moved(section: Section, by: float) -> Section:
    def point(x: float, y: float) -> Point:
        return (x + by, y + by)

    rows = tuple(
        replace(
            row,
            seats=tuple(replace(seat, x=point(seat.x, seat.y)[0], y=point(seat.x, seat.y)[1]) for seat in row.seats),
        )
        for row in section.rows
    )
    return replace(section, rows=rows)
