"""Strict reading of one object of plain JSON values, member by member, with a fault for each that is not as it must be."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from seating.document import FARTHEST, Point
from seating.errors import Fault

MOST_FAULTS = 1000


class Part:
    """An object that is being read. Every member is taken by name and kind; `rest` then names those that nobody took.

    A member that is wrong becomes a fault with its path, and its default is given back: reading goes on, so that one
    attempt shows all there is to mend.
    """

    def __init__(self, data: Mapping[str, Any], at: str, faults: list[Fault]) -> None:
        self.data = data
        self.at = at
        self.faults = faults
        self.taken = set[str]()

    def fault(self, code: str, words: str, name: str = "") -> None:
        """Note an error about this object, or about its member `name`."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(code, words, where=self.path(name)))

    def warn(self, code: str, words: str, name: str = "") -> None:
        """Note something that was left out or is odd, and keeps nothing from being made."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(code, words, where=self.path(name), severity="warning"))

    def path(self, name: str = "") -> str:
        """Where this object, or its member `name`, is in the file."""
        return ".".join(word for word in (self.at, name) if word)

    def has(self, name: str) -> bool:
        """Whether the member is there and not null."""
        return self.data.get(name) is not None

    def take(self, name: str) -> Any:
        """The member as it is; None if it is not there."""
        self.taken.add(name)
        return self.data.get(name)

    def rest(self) -> None:
        """Says of each member that nobody took that it is unknown."""
        for name in self.data.keys() - self.taken:
            self.fault("unknown_member", _("“%s” is no part of a plan.") % str(name)[:60], str(name)[:60])

    def number(
        self, name: str, default: float = 0.0, *, least: float = -FARTHEST, most: float = FARTHEST, above: bool = False
    ) -> float:
        """A finite number from `least` to `most`; with `above` more than `least`."""
        value = self.take(name)
        if value is None:
            return default
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not least <= value <= most or (above and value == least):
            details = {"name": name, "least": f"{least:g}", "most": f"{most:g}"}
            self.fault("number", _("“%(name)s” is a number from %(least)s to %(most)s.") % details, name)
            return default
        return float(value)

    def whole(self, name: str, default: int, *, least: int, most: int) -> int:
        """A whole number from `least` to `most`."""
        value = self.take(name)
        if value is None:
            return default
        if not is_whole(value) or not least <= value <= most:
            details = {"name": name, "least": least, "most": most}
            self.fault("whole_number", _("“%(name)s” is a whole number from %(least)d to %(most)d.") % details, name)
            return default
        return int(value)

    def text(self, name: str, default: str = "", *, longest: int = 80) -> str:
        """A printable text of at most `longest` characters."""
        value = self.take(name)
        if value is None:
            return default
        if not isinstance(value, str) or len(value) > longest or not (value == "" or value.isprintable()):
            self.fault(
                "text", _("“%(name)s” is a text of at most %(n)d characters.") % {"name": name, "n": longest}, name
            )
            return default
        return value

    def truth(self, name: str, default: bool = False) -> bool:
        """True or false."""
        value = self.take(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.fault("boolean", _("“%s” is true or false.") % name, name)
            return default
        return value

    def choice(self, name: str, allowed: Sequence[str]) -> str:
        """One of `allowed`; the first is the default."""
        value = self.take(name)
        if value is None:
            return allowed[0]
        if not isinstance(value, str) or value not in allowed:
            details = {"name": name, "allowed": ", ".join(allowed)}
            self.fault("choice", _("“%(name)s” is one of: %(allowed)s.") % details, name)
            return allowed[0]
        return value

    def point(self, name: str, default: Point | None = None) -> Point | None:
        """Two numbers."""
        value = self.take(name)
        return default if value is None else self._point(value, name)

    def points(self, name: str, *, most: int) -> tuple[Point, ...]:
        """An outline: three points or more, or none."""
        value = self.take(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not 3 <= len(value) <= most:
            self.fault("outline", _("“%(name)s” has 3 to %(n)d points.") % {"name": name, "n": most}, name)
            return ()
        return tuple(self._point(point, f"{name}[{place}]") for place, point in enumerate(value))

    def part(self, name: str) -> "Part | None":
        """An object in this one."""
        value = self.take(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.fault("not_an_object", _("“%s” is not an object.") % name, name)
            return None
        return Part(value, self.path(name), self.faults)

    def parts(self, name: str, *, most: int) -> Iterator["Part"]:
        """The objects of a list."""
        value = self.take(name)
        if value is None:
            return
        if not isinstance(value, list) or len(value) > most:
            self.fault("list", _("“%(name)s” is a list of at most %(n)d.") % {"name": name, "n": most}, name)
            return
        for place, item in enumerate(value):
            if isinstance(item, dict):
                yield Part(item, f"{self.path(name)}[{place}]", self.faults)
            else:
                self.fault("not_an_object", _("This is not an object."), f"{name}[{place}]")

    def _point(self, value: object, name: str) -> Point:
        if isinstance(value, list) and len(value) == 2:
            pair = Part({"x": value[0], "y": value[1]}, self.path(name), self.faults)
            return (pair.number("x"), pair.number("y"))
        self.fault("point", _("A point is two numbers."), name)
        return (0.0, 0.0)


def is_whole(value: object) -> bool:
    """Whether a JSON value is a whole number; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def turned(point: Point, degrees: float, about: Point = (0.0, 0.0)) -> Point:
    """The point turned clockwise about another."""
    angle = math.radians(degrees)
    x, y = point[0] - about[0], point[1] - about[1]
    cos, sin = math.cos(angle), math.sin(angle)
    return (about[0] + x * cos - y * sin, about[1] + x * sin + y * cos)
