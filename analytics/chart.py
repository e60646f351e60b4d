"""Bars as numbers for an inline SVG: drawn on the server, so that they are there before any script is.

The drawing is stretched to its frame, so words stand beside it as text."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.queries import Bar

WIDTH, HEIGHT = 960, 100


@dataclass(frozen=True)
class DrawnBar:
    """One bar: its box in the picture's units, and what it stands for."""

    x: float
    y: float
    width: float
    height: float
    bar: Bar


@dataclass(frozen=True)
class Chart:
    """A bar chart of WIDTH x HEIGHT units; `top` is the number at its upper edge, `marks` stand along its lower one."""

    bars: tuple[DrawnBar, ...]
    marks: tuple[Bar, ...]
    top: int
    total: int


def draw(bars: Sequence[Bar], *, marks: int = 4) -> Chart:
    """Lay out bars from left to right, with `marks` evenly spread labels beneath, the first and the last among them."""
    top = _round_up(max((bar.tickets for bar in bars), default=0))
    slot = WIDTH / max(len(bars), 1)
    drawn = tuple(
        DrawnBar(
            x=round(index * slot + slot * 0.15, 1),
            y=round(HEIGHT - HEIGHT * bar.tickets / top, 1),
            width=round(slot * 0.7, 1),
            height=round(HEIGHT * bar.tickets / top, 1),
            bar=bar,
        )
        for index, bar in enumerate(bars)
    )
    last = len(bars) - 1
    spread = sorted({round(last * step / max(marks - 1, 1)) for step in range(marks)}) if bars else []
    return Chart(drawn, tuple(bars[index] for index in spread), top, sum(bar.tickets for bar in bars))


def _round_up(number: int) -> int:
    """The next number that reads well at the edge of a chart: 4, 5, 10, 20, 50, 100 ..."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if number <= factor * step and factor * step >= 4:
                return factor * step
        step *= 10


@dataclass(frozen=True)
class DrawnLine:
    """One line of a picture of WIDTH x HEIGHT units: `path` is for an SVG's `d`; `color` is its number in the stylesheet."""

    name: str
    path: str
    color: int


@dataclass(frozen=True)
class Lines:
    """Lines over one time; `top` and `bottom` are the numbers at the edges."""

    lines: tuple[DrawnLine, ...]
    top: int
    bottom: int


def draw_lines(
    series: Sequence[tuple[str, Sequence[int]]], *, unit: int = 1, from_nothing: bool = True, is_stepped: bool = False
) -> Lines:
    """Numbers from left to right, each series with its name; the first has colour 0.

    `is_stepped` for what holds until it changes (a price): it goes across, then up. Without `from_nothing` the lower edge is near
    the least number, so that small changes can be seen. Both edges are whole `unit`s.
    """
    numbers = [number for _name, values in series for number in values]
    least, most = min(numbers, default=0), max(numbers, default=0)
    margin = 0 if from_nothing else max(unit, (most - least) // 10)
    bottom = 0 if from_nothing else max(0, least - margin) // unit * unit
    top = max(bottom + unit, -(-(most + margin) // unit) * unit)
    drawn = []
    for color, (name, values) in enumerate(series):
        slot = WIDTH / max(1, len(values) if is_stepped else len(values) - 1)
        heights = [round(HEIGHT - HEIGHT * (value - bottom) / (top - bottom), 1) for value in values]
        if is_stepped:
            parts = [f"V{y:g}H{(index + 1) * slot:.1f}" for index, y in enumerate(heights)]
            path = f"M0 {heights[0]:g}{''.join(parts)}" if heights else ""
        else:
            path = "M" + "L".join(f"{index * slot:.1f} {y:g}" for index, y in enumerate(heights)) if heights else ""
        drawn.append(DrawnLine(name, path, color))
    return Lines(tuple(drawn), top, bottom)
