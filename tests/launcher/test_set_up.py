"""What set-up decides: what is stale, what may be installed, what to tell the person."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from deploy.launcher import set_up
from deploy.launcher.progress import LauncherError

from .conftest import ROOT


def test_a_line_to_run_by_hand_asks_for_sudo_except_with_homebrew() -> None:
    assert set_up.by_hand(["sudo", "-n", "apt-get", "install", "-y", "x"]) == "sudo apt-get install -y x"
    assert set_up.by_hand(["apt-get", "install", "-y", "x"]) == "sudo apt-get install -y x"
    assert set_up.by_hand(["brew", "install", "pango"]) == "brew install pango"


def test_a_missing_library_that_may_not_be_installed_is_one_line_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_up, "_PANGO", ("libnothing-like-this.so.0",))
    monkeypatch.setattr(set_up, "_apt", lambda packages: (["apt-get", "install", "-y", *packages], False))
    with pytest.raises(LauncherError) as told:
        set_up.install_pango()
    assert "Run: sudo apt-get install -y libpango-1.0-0" in str(told.value)
    assert "\n" not in str(told.value)


def test_a_failing_command_is_shown_with_the_end_of_its_output(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(set_up, "LOGS", tmp_path)
    with pytest.raises(LauncherError) as told:
        set_up._run(["/bin/sh", "-c", "echo the network is down; exit 4"], log="try")
    assert "exit code 4" in str(told.value)
    assert "the network is down" in str(told.value)


def test_packages_are_installed_once_per_lock_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(set_up, "ROOT", tmp_path)
    monkeypatch.setattr(set_up, "VENV", tmp_path)
    monkeypatch.setattr(set_up, "_run", lambda command, log: ran.append(command))
    (tmp_path / "requirements.lock").write_text("one==1")
    (tmp_path / "requirements-dev.lock").write_text("one==1\ntwo==2")
    set_up.install_packages("requirements.lock")
    set_up.install_packages("requirements.lock")
    assert len(ran) == 1
    assert "--require-hashes" in ran[0]
    set_up.install_packages("requirements-dev.lock")
    set_up.install_packages("requirements.lock")  # the developers' lock includes it
    assert len(ran) == 2
    (tmp_path / "requirements.lock").write_text("one==2")
    (tmp_path / "requirements-dev.lock").write_text("one==2\ntwo==2")
    set_up.install_packages("requirements.lock")
    assert len(ran) == 3


def test_without_a_fitting_python_one_line_says_so(tmp_path: Path) -> None:
    """The script is run from a copy whose search finds nothing."""
    folder = tmp_path / "deploy" / "launcher"
    folder.mkdir(parents=True)
    script = (ROOT / "deploy" / "launcher" / "set_up.sh").read_text()
    start, end = script.index("CANDIDATES="), script.index("find_python()")
    (folder / "set_up.sh").write_text(f"{script[:start]}CANDIDATES=/nonexistent/python\n{script[end:]}")
    done = subprocess.run(
        ["/bin/sh", str(folder / "set_up.sh"), "demo"],
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Python 3.11 or 3.12" in done.stderr


def test_lock_files_carry_hashes_and_no_download_addresses() -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "package-lock.json"):
        text = (ROOT / name).read_text()
        assert '"resolved"' not in text
        assert "--index-url" not in text
        assert "--find-links" not in text
        assert "sha256:" in text or "sha512-" in text
    for name in ("requirements.lock", "requirements-dev.lock"):
        assert "://" not in (ROOT / name).read_text()
