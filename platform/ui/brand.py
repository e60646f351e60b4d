"""A brand is one colour; this derives from it everything that must stay readable, for light pages and dark ones.

No colour is refused: where the brand's own would be too faint for text, its lightness moves until it is not.
"""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

TEXT_CONTRAST: Final = 4.5  # WCAG 2.2, 1.4.3
EDGE_CONTRAST: Final = 3.0  # WCAG 2.2, 1.4.11
LIGHT_PAPER: Final = (
    "#ffffff",
    "#f4f5f7",
)  # base-100 and base-200 of platform/ui/client/tokens.css
DARK_PAPER: Final = ("#14161a", "#1d2026")
DEFAULT_COLOR: Final = "#1a1d21"

Channels = tuple[float, float, float]


@dataclass(frozen=True)
class Palette:
    """What one brand colour becomes on one kind of page; every value is `#rrggbb`, `edge` may be `transparent`."""

    primary: str
    primary_content: str
    hover: str
    ink: str
    edge: str


@dataclass(frozen=True)
class Brand:
    """The brand on light pages and on dark ones."""

    light: Palette
    dark: Palette


def normalised(color: str) -> str:
    """`color` as lower-case `#rrggbb`. Raises ValueError when it is not three or six hexadecimal digits."""
    digits = color.strip().removeprefix("#").lower()
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    if len(digits) != 6 or any(digit not in "0123456789abcdef" for digit in digits):
        raise ValueError(color)
    return f"#{digits}"


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two `#rrggbb` colours, 1.0 to 21.0."""
    lighter, darker = sorted((_luminance(_linear(one)), _luminance(_linear(other))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def text_on(fill: str) -> str:
    """White where that is readable on `fill`, else pure black, which then always is."""
    return "#ffffff" if contrast("#ffffff", fill) >= TEXT_CONTRAST else "#000000"


def ink(color: str, paper: tuple[str, str], *, darker: bool) -> str:
    """`color` as text: its OKLCH lightness moved in steps of 0.005 until it reads on both papers."""
    lightness, a, b = _to_oklab(_linear(color))

    def moved(steps: int) -> str:
        return _hex_in_gamut(lightness + (-0.005 if darker else 0.005) * steps, a, b) if steps else color

    def reads(steps: int) -> bool:
        candidate = moved(steps)
        return min(contrast(candidate, sheet) for sheet in paper) >= TEXT_CONTRAST

    # The fewest steps, by bisection: contrast grows with every step away from the paper.
    fewest, most = 0, 200
    while fewest < most:
        middle = (fewest + most) // 2
        fewest, most = (fewest, middle) if reads(middle) else (middle + 1, most)
    return moved(fewest)


def tone(color: str, lightness: float) -> str:
    """The hue of `color` at another OKLCH lightness, 0.0 (black) to 1.0 (white)."""
    _, a, b = _to_oklab(_linear(color))
    return _hex_in_gamut(lightness, a, b)


@lru_cache(maxsize=512)
def brand(color: str) -> Brand:
    """Everything derived from `color`. Raises ValueError when it is no colour."""
    primary = normalised(color)
    content = text_on(primary)
    hover = _shaded(primary, -0.04 if content == "#ffffff" else 0.04)

    def palette(paper: tuple[str, str], *, darker: bool) -> Palette:
        text = ink(primary, paper, darker=darker)
        faint = contrast(primary, paper[0]) < EDGE_CONTRAST
        return Palette(primary, content, hover, text, text if faint else "transparent")

    return Brand(light=palette(LIGHT_PAPER, darker=True), dark=palette(DARK_PAPER, darker=False))


@lru_cache(maxsize=512)
def theme_css(color: str) -> tuple[str, str]:
    """The stylesheet of a brand colour and the hash that names it: served for ever at `/theme/<hash>.css`.

    Raises ValueError when `color` is no colour; nothing of the input reaches the text except six checked digits.
    """
    derived = brand(color)
    light, dark = _properties(derived.light), _properties(derived.dark)
    css = (
        f":root{{{light}}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme]){{{dark}}}}}"
        f"[data-theme=dark]{{{dark}}}\n"
    )
    return sha256(css.encode()).hexdigest()[:16], css


def _properties(palette: Palette) -> str:
    return (
        f"--color-primary:{palette.primary};--color-primary-content:{palette.primary_content};"
        f"--brand-hover:{palette.hover};--brand-ink:{palette.ink};--brand-edge:{palette.edge}"
    )


def _shaded(color: str, step: float) -> str:
    lightness, a, b = _to_oklab(_linear(color))
    return _hex_in_gamut(min(1.0, max(0.0, lightness + step)), a, b)


def _linear(color: str) -> Channels:
    def channel(digits: str) -> float:
        value = int(digits, 16) / 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    return channel(color[1:3]), channel(color[3:5]), channel(color[5:7])


def _luminance(rgb: Channels) -> float:
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]


def _to_oklab(rgb: Channels) -> Channels:
    """Björn Ottosson's OKLab (2020) from linear sRGB."""
    red, green, blue = rgb
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _from_oklab(lightness: float, a: float, b: float) -> Channels:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _hex_in_gamut(lightness: float, a: float, b: float) -> str:
    """The colour of this lightness and hue with as much of its chroma as a screen can show."""
    lightness = min(1.0, max(0.0, lightness))
    keep, refuse = 0.0, 1.0
    rgb = _from_oklab(lightness, a, b)
    if not _displayable(rgb):
        for _ in range(10):
            share = (keep + refuse) / 2
            keep, refuse = (
                (share, refuse) if _displayable(_from_oklab(lightness, a * share, b * share)) else (keep, share)
            )
        rgb = _from_oklab(lightness, a * keep, b * keep)

    def digits(value: float) -> str:
        clamped = min(1.0, max(0.0, value))
        encoded = clamped * 12.92 if clamped <= 0.0031308 else 1.055 * clamped ** (1 / 2.4) - 0.055
        return f"{round(encoded * 255):02x}"

    return "#" + "".join(digits(value) for value in rgb)


def _displayable(rgb: Channels) -> bool:
    return all(-0.0005 <= value <= 1.0005 for value in rgb)
