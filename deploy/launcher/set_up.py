"""Makes the environment: `.venv`, hash-pinned packages, native libraries, the front end. Does only what is missing.

    python -m deploy.launcher.set_up demo|test

Runs on a bare Python 3.11 or 3.12 (standard library only). Stamps remember what was done for which lock file, so that
a second run takes a fraction of a second. Downloads happen through pip, npm and apt as this machine configures them.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.launcher.progress import LauncherError, last_lines, say, step

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"
VENV = ROOT / ".venv"
LOGS = VAR / "logs"

_PANGO = (
    "libgobject-2.0.so.0",
    "libpango-1.0.so.0",
    "libpangoft2-1.0.so.0",
    "libharfbuzz.so.0",
    "libharfbuzz-subset.so.0",
)
_PANGO_DEBIAN = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SCREEN_SUFFIXES = {".ts", ".css", ".js", ".html", ".svg", ".woff2", ".txt", ".py"}


def main() -> int:
    """Set up for the command named on the command line; return its exit code."""
    purpose = sys.argv[1] if len(sys.argv) > 1 else "demo"
    try:
        with _one_at_a_time():
            set_up(for_tests=purpose == "test")
    except LauncherError as error:
        say(f"\n{error}", stream=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def set_up(*, for_tests: bool) -> None:
    """Bring the environment up to date. Raises LauncherError with one line that says what to do."""
    make_environment()
    install_packages("requirements-dev.lock" if for_tests else "requirements.lock")
    install_pango()
    if for_tests:
        install_chromium()
    build_front_end()
    compile_translations()


def make_environment() -> None:
    """Create `.venv` with the interpreter that runs this, unless there is one made at this very path."""
    made_here = VENV / ".made-here"
    if (VENV / "bin" / "python").exists():
        known = made_here.read_text(encoding="utf-8") if made_here.exists() else str(VENV)
        if known == str(VENV):
            return
        # Its scripts point at the folder it was made in: an environment cannot be moved.
    if Path(sys.prefix) == VENV:
        raise LauncherError("This checkout was moved. Delete .venv and run the command again.")
    with step(f"Creating .venv with {sys.executable}"):
        shutil.rmtree(VENV, ignore_errors=True)
        if _has_ensurepip():
            _run([sys.executable, "-m", "venv", str(VENV)], log="venv")
        else:
            _run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], log="venv")
            _run([sys.executable, "-m", "pip", "--python", _venv("python"), "install", "pip"], log="venv")
        made_here.write_text(str(VENV), encoding="utf-8")


def install_packages(lock_name: str) -> None:
    """Install a lock file, every file checked against its hash. The developers' lock includes the demo's."""
    stamps = {name: VENV / f".{name}.stamp" for name in ("requirements.lock", "requirements-dev.lock")}
    wanted = {name: _digest([ROOT / name], extra=_python_version()) for name in stamps}
    if (
        _read(stamps[lock_name]) == wanted[lock_name]
        or _read(stamps["requirements-dev.lock"]) == wanted["requirements-dev.lock"]
    ):
        return
    with step(f"Installing Python packages of {lock_name}", watch=LOGS / "pip.log"):
        _run(
            [
                *(
                    _venv("python"),
                    "-m",
                    "pip",
                    "install",
                    "--require-hashes",
                    "--no-input",
                    "--disable-pip-version-check",
                ),
                *("--progress-bar", "off", "-r", lock_name),
            ],
            log="pip",
        )
    stamps[lock_name].write_text(wanted[lock_name], encoding="utf-8")


def install_pango() -> None:
    """Install the native text library that draws PDF tickets. Raises LauncherError where it may not."""
    if all(_loads(name) for name in _PANGO) or (sys.platform == "darwin" and _loads("libpango-1.0.dylib")):
        return
    if sys.platform == "darwin":
        command, may = ["brew", "install", "pango"], shutil.which("brew") is not None
    else:
        command, may = _apt(_PANGO_DEBIAN)
    if may:
        with step("Installing Pango, which draws the PDF tickets", watch=LOGS / "native.log"):
            _apt_run(command)
        return
    raise LauncherError(f"Marquee draws PDF tickets with Pango, which this machine lacks. Run: {by_hand(command)}")


def install_chromium() -> None:
    """Install Chromium for the browser tests where that is allowed; they are skipped by name elsewhere."""
    if find_chromium():
        return
    command, may = _apt(("chromium",))
    if may:
        with step("Installing Chromium for the browser tests", watch=LOGS / "native.log") as current:
            try:
                _apt_run(command)
            except LauncherError:
                current.detail = "not available: browser tests will be skipped"
    if not find_chromium():
        say(f"  ! No Chromium: browser tests will be skipped. To run them: {by_hand(command)}")


def find_chromium() -> str | None:
    """Return the path of a Chromium or Chrome, or None."""
    return next((path for name in _CHROMIUM if (path := shutil.which(name))), None)


def build_front_end() -> None:
    """Install npm packages and build styles and scripts into `var/static-build`, each only when its sources changed."""
    npm = [_venv("npm")]
    modules_stamp = ROOT / "node_modules" / ".stamp"
    wanted = _digest([ROOT / "package-lock.json", ROOT / ".npmrc"])
    if _read(modules_stamp) != wanted:
        with step("Installing npm packages of package-lock.json", watch=LOGS / "npm.log"):
            _run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], log="npm")
        modules_stamp.write_text(wanted, encoding="utf-8")
    build_stamp = VAR / "static-build.stamp"
    wanted = _digest(_front_end_sources(), extra=wanted)
    if _read(build_stamp) != wanted or not (VAR / "static-build" / "manifest.json").exists():
        with step("Building styles and scripts", watch=LOGS / "build.log"):
            _run([*npm, "run", "build"], log="build")
        build_stamp.write_text(wanted, encoding="utf-8")


def compile_translations() -> None:
    """Compile the message catalogues that are newer than their compiled form."""
    stale = [
        source
        for source in sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po"))
        if not (compiled := source.with_suffix(".mo")).exists() or compiled.stat().st_mtime < source.stat().st_mtime
    ]
    if stale:
        with step("Compiling translations"):
            for source in stale:
                _run(
                    [_venv("pybabel"), "compile", "-i", str(source), "-o", str(source.with_suffix(".mo"))], log="babel"
                )


def _front_end_sources() -> list[Path]:
    """Return what decides the build: its settings, the scripts, and the pages whose class names it collects."""
    tops = [ROOT / name for name in ("package.json", "vite.config.ts", "tsconfig.json")]
    folders = [ROOT / "platform", *(path.parent for path in ROOT.glob("*/__init__.py"))]
    found = [
        Path(folder) / name
        for top in folders
        for folder, _, names in os.walk(top)
        for name in names
        if Path(name).suffix in _SCREEN_SUFFIXES and ("client" in folder or "templates" in folder or "static" in folder)
    ]
    return [path for path in [*tops, *sorted(found)] if path.exists()]


def _run(command: list[str], *, log: str) -> None:
    """Run a command to its end with its output in `var/logs`. Raises LauncherError with its end when it fails."""
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{log}.log"
    with path.open("wb") as output:
        done = subprocess.run(
            command, cwd=ROOT, env=_environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    if done.returncode != 0:
        tail = "\n".join(f"      {line}" for line in last_lines(path, 15))
        raise LauncherError(f"{' '.join(command[:4])} failed (exit code {done.returncode}). The end of {path}:\n{tail}")


def _environment() -> dict[str, str]:
    """Return our environment with the new programs first; caches move into `var` for a user without a usable home."""
    env = {**os.environ, "PATH": os.pathsep.join([str(VENV / "bin"), os.environ.get("PATH", os.defpath)])}
    env.pop("PYTHONPATH", None)
    env.pop("PYTHONHOME", None)
    if not os.access(Path.home(), os.W_OK):
        env["HOME"] = str(VAR / "home")
        (VAR / "home").mkdir(parents=True, exist_ok=True)
    return env


def _apt(packages: Iterable[str]) -> tuple[list[str], bool]:
    """Return the apt command for packages and whether we may run it without asking anybody."""
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if shutil.which("apt-get") is None:
        return command, False
    if os.geteuid() == 0:
        return command, True
    has_sudo = shutil.which("sudo") is not None
    may = has_sudo and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0
    return ["sudo", "-n", *command], may


def _apt_run(command: list[str]) -> None:
    """Run an installation; when it fails refresh the package lists once and try again."""
    os.environ.setdefault("DEBIAN_FRONTEND", "noninteractive")
    try:
        _run(command, log="native")
    except LauncherError:
        if "apt-get" not in command:
            raise
        _run([*command[: command.index("apt-get") + 1], "update"], log="native")
        _run(command, log="native")


def by_hand(command: list[str]) -> str:
    """Return the command as a person would type it."""
    words = [word for word in command if word not in ("sudo", "-n")]
    return " ".join(words if words[0] == "brew" else ["sudo", *words])


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_ensurepip() -> bool:
    try:
        import ensurepip  # noqa: F401 (Debian takes it out)
    except ImportError:
        return False
    return True


def _venv(program: str) -> str:
    return str(VENV / "bin" / program)


def _python_version() -> str:
    return "{}.{}".format(*sys.version_info[:2])


def _digest(paths: list[Path], *, extra: str = "") -> str:
    """Return a fingerprint of files (names and contents)."""
    total = hashlib.sha256(extra.encode())
    for path in paths:
        total.update(str(path.relative_to(ROOT)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Of two commands started together in a fresh checkout the second waits, and finds the work done."""
    try:
        VAR.mkdir(exist_ok=True)
        lock = (VAR / "set-up.lock").open("w", encoding="utf-8")
    except OSError as error:
        raise LauncherError(f"Cannot write to {VAR}: {error.strerror}. Use a checkout of your own.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            with step("Waiting for another set-up of this checkout"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
