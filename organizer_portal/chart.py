"""Bars as numbers for an inline SVG: drawn on the server, so that they are there before any script is."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.queries import Bar

WIDTH, HEIGHT = 960, 200


@dataclass(frozen=True)
class DrawnBar:
    """One bar: its box in the picture's units, and what it stands for."""

    x: float
    y: float
    width: float
    height: float
    bar: Bar
    is_marked: bool  # carries a label on the axis

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


@dataclass(frozen=True)
class Chart:
    """A bar chart of WIDTH x HEIGHT units; `top` is the number at its upper edge."""

    bars: tuple[DrawnBar, ...]
    top: int
    total: int


def draw(bars: Sequence[Bar], *, marks: int = 6) -> Chart:
    """Lay out bars from left to right, with about `marks` labels beneath."""
    top = _round_up(max((bar.tickets for bar in bars), default=0))
    slot = WIDTH / max(len(bars), 1)
    every = max(1, -(-len(bars) // marks))
    drawn = tuple(
        DrawnBar(
            x=round(index * slot + slot * 0.15, 1),
            y=round(HEIGHT - HEIGHT * bar.tickets / top, 1),
            width=round(slot * 0.7, 1),
            height=round(HEIGHT * bar.tickets / top, 1),
            bar=bar,
            is_marked=index % every == 0,
        )
        for index, bar in enumerate(bars)
    )
    return Chart(drawn, top, sum(bar.tickets for bar in bars))


def _round_up(number: int) -> int:
    """The next number that reads well at the edge of a chart: 4, 5, 10, 20, 50, 100 ..."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if number <= factor * step and factor * step >= 4:
                return factor * step
        step *= 10
