"""`python -m deploy.launcher <command>`; `make` is the usual way in."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from deploy.launcher.progress import LauncherError, say

_DEFAULT_PORT = 8000
VAR = Path(__file__).resolve().parents[2] / "var"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.launcher", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    demo = commands.add_parser("demo", help="start everything with a demo world; Ctrl-C stops it")
    demo.add_argument("--port", type=int, default=_DEFAULT_PORT, help="of the web server; each port has its own data")
    demo.add_argument("--state", type=Path, default=VAR, help="folder that keeps it instead of var")
    demo.add_argument("--dev", action="store_true", help="for development: debug pages, restart on a changed source")
    manage = commands.add_parser("manage", help="run a manage.py command on a demo: manage -- load_demo")
    manage.add_argument("--port", type=int, default=_DEFAULT_PORT)
    manage.add_argument("arguments", nargs="+")
    codes = commands.add_parser("codes", help="print the one-time code of every login of a demo")
    codes.add_argument("--port", type=int, default=_DEFAULT_PORT)

    test = commands.add_parser("test", help="start the tests' services, run pytest with what follows --, stop them")
    test.add_argument("arguments", nargs="*")
    run = commands.add_parser("run", help="the same for any Python command: run -- -m tests.chaos")
    run.add_argument("--durable", action="store_true", help="with durable servers of its own, for figures")
    run.add_argument("arguments", nargs="+")
    services = commands.add_parser("services", help="keep the tests' services up and write var/test/env.sh to source")
    services.add_argument("--state", type=Path, default=VAR, help="folder that keeps them instead of var")
    return parser


def _run(options: argparse.Namespace) -> int:
    from deploy.launcher import backing, demo, table

    match options.command:
        case "demo":
            return demo.Demo(options.port, is_for_development=options.dev, base=options.state).run()
        case "manage":
            return demo.manage_demo(options.port, options.arguments)
        case "codes":
            table.show_codes(VAR / f"demo-{options.port}" / "demo.json")
            return 0
        case "test":
            return backing.run_tests(options.arguments)
        case "run":
            return backing.run_with_services(options.arguments, is_durable=options.durable)
        case _:
            return backing.keep_services(state=options.state)


def main() -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args()
    try:
        return _run(options)
    except LauncherError as error:
        say(f"\n{error}", stream=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
