"""Named places where a test may kill the process, so that crash recovery is shown and not hoped.

Nothing here does anything unless `MARQUEE_TEST=1` and `FAILPOINT` names the place (`after_capture`), or a file with that
name exists in the folder `FAILPOINT_DIR` (removed when it strikes, so that a restarted process gets past it).
"""

import os
import signal
from functools import partial
from pathlib import Path

from django.db import transaction

_ENABLED = os.environ.get("MARQUEE_TEST") == "1"


def hit(name: str) -> None:
    """Kill this process at once (SIGKILL, as the kernel would) when a test asked for a crash at `name`."""
    if not _ENABLED:
        return
    folder = os.environ.get("FAILPOINT_DIR")
    if folder:
        marker = Path(folder) / name
        try:
            marker.unlink()
        except FileNotFoundError:
            return
        os.kill(os.getpid(), signal.SIGKILL)
    elif os.environ.get("FAILPOINT") == name:
        os.kill(os.getpid(), signal.SIGKILL)


def hit_after_commit(name: str) -> None:
    """The same right after the current transaction has committed, before anybody hears of it."""
    if _ENABLED:
        transaction.on_commit(partial(hit, name))
