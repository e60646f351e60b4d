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
