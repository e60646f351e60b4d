"""One name for everything that a request or a task does: in its log lines, its answer's header and the rows it writes.

The name is always ours: one that came with the request could be forged, and would then stand in the journal.
"""

import logging
from contextvars import ContextVar

from ui.ids import new_name

HEADER = "X-Request-ID"

_request_id: ContextVar[str] = ContextVar("request_id", default="")


def begin_request(name: str = "") -> str:
    """Give what happens from here on in this context a name, new or as passed (up to 40 characters); returns it."""
    name = name or new_name()
    _request_id.set(name)
    return name


def request_id() -> str:
    """The name of the request or task of now; empty outside any, in a command say."""
    return _request_id.get()


class RequestIdFilter(logging.Filter):
    """Puts the request's name on each log record, "-" outside any."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Name the record; nothing is left out."""
        record.request_id = request_id() or "-"
        return True
