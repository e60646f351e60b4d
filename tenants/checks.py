"""What must be true before the product may start."""

import sys
from importlib.util import find_spec
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_NOT_PACKAGES = {"tests", "docs", "var", "node_modules", "locale", "static"}


def own_apps(root: Path) -> list[str]:
    """The import names of the first-party packages: folders with Python in them, at the top and under `platform/`."""
    folders = [*root.iterdir(), *(root / "platform").iterdir()]
    return sorted(
        folder.name
        for folder in folders
        if (folder / "__init__.py").is_file() and folder.name not in _NOT_PACKAGES and not folder.name.startswith(".")
    )


def require_own_apps(root: Path | None = None) -> None:
    """Raises ImproperlyConfigured when an installed library would be imported in place of one of our apps.

    Our apps have plain names (`orders`, `events`), and a package on PyPI may own such a name. `platform/` must stay a
    folder on the path: as a package it would hide Python's own module `platform`.
    """
    root = root or Path(settings.ROOT)
    if (root / "platform" / "__init__.py").exists():
        raise ImproperlyConfigured("platform/__init__.py exists: it hides Python's module `platform`. Delete it.")
    if "platform" in sys.modules and str(root) in str(getattr(sys.modules["platform"], "__file__", "")):
        raise ImproperlyConfigured("The folder platform/ was imported in place of Python's module.")
    for name in own_apps(root):
        spec = find_spec(name)
        origin = Path(spec.origin).resolve() if spec and spec.origin else None
        if origin not in (
            (root / name / "__init__.py").resolve(),
            (root / "platform" / name / "__init__.py").resolve(),
        ):
            raise ImproperlyConfigured(f"`import {name}` finds {origin}, not this repository's app.")
