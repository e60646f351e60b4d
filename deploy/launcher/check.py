"""Every static check by name: style, types, layers, templates, scripts, migrations. All run, as many at once as there are
cores; each failure is shown.

python -m deploy.launcher.check
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.launcher.progress import say

ROOT = Path(__file__).resolve().parents[2]
_BIN = ROOT / ".venv" / "bin"
_TEMPLATES = ("platform", "storefront", "organizer_portal", "scanning", "payouts", "analytics", "tenants")

_CHECKS: tuple[tuple[str, list[str]], ...] = (
    ("types (mypy)", ["mypy"]),  # the longest
    ("style (ruff check)", ["ruff", "check", "."]),
    ("format (ruff format)", ["ruff", "format", "--check", "."]),
    ("layers (import-linter)", ["lint-imports"]),
    ("templates (djlint)", ["djlint", "--lint", "--quiet", *_TEMPLATES]),
    ("scripts (tsc)", ["npm", "run", "--silent", "check"]),
    ("migrations (makemigrations)", ["python", "manage.py", "makemigrations", "--check", "--dry-run"]),
)


def main() -> int:
    """Run every check; return 1 when one failed."""
    failed = [] if platform_is_no_package() else ["platform/ is no package"]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for (title, _command), (code, words, seconds) in zip(_CHECKS, pool.map(_run, _CHECKS), strict=True):
            say(f"  {'✗' if code else '✓'} {title}  {seconds:.1f} s")
            if code:
                failed.append(title)
                say(words)
    if failed:
        say(f"\nFailed: {', '.join(failed)}")
    return 1 if failed else 0


def _run(check: tuple[str, list[str]]) -> tuple[int, str, float]:
    """Run one check; return its exit code, what it said, and how many seconds it took."""
    program, *arguments = check[1]
    started = time.monotonic()
    done = subprocess.run(
        [str(_BIN / program), *arguments], cwd=ROOT, env=_environment(), capture_output=True, text=True
    )
    return done.returncode, (done.stdout + done.stderr).rstrip(), time.monotonic() - started


def platform_is_no_package() -> bool:
    """Tell that `platform/__init__.py` does not exist: it would shadow a standard module and break Celery."""
    if not (ROOT / "platform" / "__init__.py").exists():
        return True
    say("  ✗ platform/__init__.py exists and shadows Python's own platform module: delete it")
    return False


def _environment() -> dict[str, str]:
    """Return an environment in which no check reaches a database or a key of the developer."""
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(_BIN), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")]),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "MARQUEE_TEST": "1",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "DATABASE_OWNER_URL": "postgres://nobody@127.0.0.1:1/none",
        "DATABASE_POOL_TIMEOUT": "0.1",
        "PYTHONWARNINGS": "ignore::RuntimeWarning",
    }


if __name__ == "__main__":
    sys.exit(main())
