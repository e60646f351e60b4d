"""Faults that tests ask for: the next requests that match go wrong in a stated way."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Mode = Literal["error", "disconnect", "timeout", "delay"]
When = Literal["before", "after"]


@dataclass(slots=True)
class Fault:
    """What goes wrong, with which requests, how often.

    `path` is a pattern such as `/v1/payment_intents/*/capture`; `method` is empty for any. `before` means that the
    request is never carried out, `after` that it is and only its answer gets lost. With `every` 20, each twentieth matching
    request is hit and those between go well.
    """

    path: str
    method: str = ""
    mode: Mode = "error"
    when: When = "before"
    status: int = 500
    seconds: float = 0.0
    count: int = 1
    every: int = 1
    passed: int = 0  # matching requests since the last that was hit

    def matches(self, method: str, path: str) -> bool:
        return self.method.upper() in ("", method.upper()) and fnmatch.fnmatchcase(path, self.path)

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Fault:
        """A fault as the test controls give it. Raises ValueError when it makes no sense."""
        unknown = set(body) - (set(cls.__slots__) - {"passed"})
        if unknown or "path" not in body:
            raise ValueError(f"unknown: {sorted(unknown)}" if unknown else "path is missing")
        fault = cls(**body)
        if fault.mode not in get_args(Mode) or fault.when not in get_args(When):
            raise ValueError(f"mode is one of {get_args(Mode)}, when one of {get_args(When)}")
        return fault


@dataclass(slots=True)
class Faults:
    """The faults that are still to happen; a restart forgets them."""

    waiting: list[Fault] = field(default_factory=list)

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, used up by it."""
        for fault in self.waiting:
            if fault.matches(method, path):
                fault.passed += 1
                if fault.passed < fault.every:
                    continue
                fault.passed = 0
                fault.count -= 1
                if fault.count <= 0:
                    self.waiting.remove(fault)
                return fault
        return None
