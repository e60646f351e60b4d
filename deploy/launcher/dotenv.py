"""Settings of the person who runs this: the environment first, then `.env` in the checkout."""

from __future__ import annotations

import os
from functools import cache

import environ

from deploy.launcher.place import ROOT


@cache
def _file() -> dict[str, str]:
    """Return what `.env` sets, read by the same rules as the product's settings."""
    before = dict(os.environ)
    try:
        environ.Env.read_env(ROOT / ".env", overwrite=True)
        return {name: value for name, value in os.environ.items() if before.get(name) != value}
    finally:
        os.environ.clear()
        os.environ.update(before)


def setting(name: str) -> str:
    """Return a setting, or an empty string."""
    if name in os.environ:
        return os.environ[name]
    return _file().get(name, "") if (ROOT / ".env").exists() else ""
