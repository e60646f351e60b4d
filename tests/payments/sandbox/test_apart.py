"""The sandbox and the product know nothing of one another but HTTP."""

import ast
import subprocess
import sys

import pytest

from tests.processes import ROOT

FOLDERS = ("platform", "tenants", "storefront", "organizer_portal", "payouts", "scanning", "analytics")
SOURCES = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
INSIDE = (ROOT / "platform/payments/sandbox", ROOT / "platform/payments/contract")


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_the_product_never_imports_it():
    guilty = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if not any(path.is_relative_to(folder) for folder in INSIDE)
        and any(name.startswith(("payments.sandbox", "payments.contract")) for name in imports(path))
    ]
    assert guilty == []


@pytest.mark.parametrize("module", ["payments.sandbox.__main__", "payments.contract"])
def test_it_starts_without_django_and_without_the_sdk(module):
    program = f"import sys, {module}; print([m for m in ('django', 'stripe', 'psycopg') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_bad_arguments_and_a_taken_port_say_so(server, tmp_path):
    def start(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "payments.sandbox", *arguments],
            cwd=ROOT,
            env={"PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=60,
        )

    assert start("--state", str(tmp_path / "s")).returncode == 2
    port = server.base.rsplit(":", 1)[1]
    taken = start("--port", port, "--state", str(tmp_path / "s"))
    assert taken.returncode == 1
    assert "cannot start" in taken.stderr
    state = tmp_path / "broken.sqlite"
    state.write_text("this is no database, and long enough to look like a file of one" * 20)
    assert start("--port", "0", "--state", str(state)).returncode == 1
