"""The periodic scheduler of Celery with a heartbeat, so that a start and a supervisor can tell that the clock ticks.

Chosen with `celery beat --scheduler deploy.launcher.clock:Clock`; CLOCK_HEARTBEAT names the file that it touches.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from celery.beat import PersistentScheduler

_LONGEST_SLEEP_SECONDS = 5.0


class Clock(PersistentScheduler):  # type: ignore[misc]  # Celery has no types
    """Touches the heartbeat file at every tick, at least every five seconds."""

    def tick(self, *arguments: Any, **options: Any) -> float:
        """Send what is due; return the seconds until the next look."""
        pause = float(super().tick(*arguments, **options))
        if heartbeat := os.environ.get("CLOCK_HEARTBEAT"):
            Path(heartbeat).touch()
        return min(pause, _LONGEST_SLEEP_SECONDS)
