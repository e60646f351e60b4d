"""A pytest plugin: who is asked to end ends what it started. CI that has run out of time asks with SIGTERM."""

import signal


def pytest_configure() -> None:
    """Let SIGTERM end the run as Ctrl-C does: the fixtures stop the servers that they started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
