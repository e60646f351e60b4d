"""Says what is going on, one line for each step with its time. Standard library only: set-up runs before pip."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

_WIDTH = 100
_QUIET_SECONDS = 15.0


class LauncherError(Exception):
    """Something the person at the keyboard can put right; the message is one line that says what to do."""


class Step:
    """A step under way; `detail` is shown beside it while it runs, and beside the time when it has ended."""

    def __init__(self, title: str, *, watch: Path | None = None) -> None:
        self.title = title
        self.detail = ""
        self.watch = watch

    def latest(self) -> str:
        """Return what to show beside the title now: the detail, or the last line of the watched log file."""
        if self.detail or self.watch is None:
            return self.detail
        lines = last_lines(self.watch, 1)
        return lines[0] if lines else ""


def last_lines(path: Path, count: int) -> list[str]:
    """Return the last `count` non-empty lines of a log file, without terminal control codes; none if it is missing."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 16_384))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    lines = ["".join(ch for ch in line if ch.isprintable() or ch == "\t").rstrip() for line in text.splitlines()]
    return [line for line in lines if line][-count:]


def say(text: str, *, stream: TextIO | None = None) -> None:
    """Print one line at once."""
    print(text, file=stream or sys.stdout, flush=True)


@contextmanager
def step(title: str, *, watch: Path | None = None) -> Iterator[Step]:
    """Show `title` while the block runs and the seconds it took afterwards; on an exception say that it failed."""
    current = Step(title, watch=watch)
    started = time.monotonic()
    ended = threading.Event()
    ticker = threading.Thread(target=_tick, args=(current, started, ended), daemon=True)
    ticker.start()
    mark = "failed"
    try:
        yield current
        mark = "ok"
    finally:
        ended.set()
        ticker.join()
        seconds = time.monotonic() - started
        symbol = "✓" if mark == "ok" else "✗"
        note = f"  ({current.detail})" if current.detail else ""
        clear = "\r\x1b[2K" if sys.stdout.isatty() else ""
        say(f"{clear}  {symbol} {title}  {seconds:.1f} s{note}")


def _tick(current: Step, started: float, ended: threading.Event) -> None:
    """Redraw the line five times a second on a terminal; elsewhere print a line now and then so that nobody wonders."""
    if sys.stdout.isatty():
        for frame in _frames():
            if ended.wait(0.2):
                return
            text = f"  {frame} {current.title}  {time.monotonic() - started:.0f} s  {current.latest()}"
            sys.stdout.write(f"\r\x1b[2K{text[:_WIDTH]}")
            sys.stdout.flush()
    while not ended.wait(_QUIET_SECONDS):
        say(f"  … {current.title}  {time.monotonic() - started:.0f} s  {current.latest()}"[:_WIDTH])


def _frames() -> Iterator[str]:
    while True:
        yield from "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
