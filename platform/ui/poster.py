"""A poster for an event that has no picture: drawn from its title and the brand's colour, always the same for both."""

from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Final

from ui.brand import DEFAULT_COLOR, brand, normalised, tone

WIDTH: Final = 1600
HEIGHT: Final = 900
STEP: Final = 100


@dataclass(frozen=True)
class Poster:
    """What the template needs: three tones of the brand's hue and a path of shapes for each of the two lighter ones."""

    background: str
    middle: str
    bright: str
    middle_path: str
    bright_path: str


def poster(title: str, color: str) -> Poster:
    """Shapes on a grid chosen by the title's hash. A bad or empty colour falls back to the platform's own."""
    try:
        base = normalised(color)
    except ValueError:
        base = DEFAULT_COLOR
    chosen = Random(sha256(title.encode()).digest())
    draw = chosen.choice([_arcs, _stripes, _discs, _steps])
    return Poster(
        background=tone(base, 0.27),
        middle=tone(base, 0.40),
        bright=brand(base).dark.ink,
        middle_path=draw(chosen, 9),
        bright_path=draw(chosen, 3),
    )


def _cells(chosen: Random, count: int, size: int) -> list[tuple[int, int]]:
    """`count` corners on the grid, mostly to the right, where no text will stand."""
    columns, rows = WIDTH // size, HEIGHT // size + 1
    spots = [(int(columns * chosen.random() ** 0.6), chosen.randrange(rows)) for _ in range(count)]
    return [(column * size, row * size) for column, row in spots]


def _arcs(chosen: Random, count: int) -> str:
    parts = []
    for x, y in _cells(chosen, count, 3 * STEP):
        r = 3 * STEP
        corner = chosen.randrange(2)
        parts.append(
            f"M{x} {y}h{r}a{r} {r} 0 0 1-{r} {r}z" if corner else f"M{x + r} {y + r}h-{r}a{r} {r} 0 0 1 {r}-{r}z"
        )
    return "".join(parts)


def _stripes(chosen: Random, count: int) -> str:
    parts = []
    for x, y in _cells(chosen, count, 2 * STEP):
        length = chosen.choice([4, 6, 8]) * STEP
        parts.append(f"M{x} {y}l{length}-{length}h{STEP}l-{length} {length}z")
    return "".join(parts)


def _discs(chosen: Random, count: int) -> str:
    parts = []
    for x, y in _cells(chosen, count, 3 * STEP):
        r = chosen.choice([100, 150, 200])
        parts.append(f"M{x} {y}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0-{2 * r} 0z")
    return "".join(parts)


def _steps(chosen: Random, count: int) -> str:
    parts = []
    for x, y in _cells(chosen, count, 2 * STEP):
        width = chosen.choice([1, 2, 3]) * STEP
        parts.append(f"M{x} {HEIGHT}v-{HEIGHT - y}h{width}v{HEIGHT - y}z")
    return "".join(parts)
