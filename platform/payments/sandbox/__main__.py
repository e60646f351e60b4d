"""Run the Stripe sandbox: `python -m payments.sandbox --port 4242 --state var/stripe.sqlite`.

    --port N                      the port to listen on (0 picks a free one and prints it)
    --state PATH                  the SQLite file that keeps everything; made when missing
    --host ADDRESS                the address to listen on (127.0.0.1)
    --country CC                  the platform's country when the state is new (US)
    --public-url URL              where browsers reach this server; by default the host that the request named
    --webhook-url URL             send the platform's own events there ...
    --webhook-secret whsec_X      ... signed with this secret
    --connect-webhook-url URL     send connected accounts' events there ...
    --connect-webhook-secret Y    ... signed with this secret
    --retry-seconds 1,3,10        waits between attempts to deliver a webhook
    --settle-seconds 2            how long "later" takes: pending refunds, disputes, payouts

PYTHONPATH must hold the repository and its `platform` folder. Nothing else is needed: no Django, no Postgres, no network.
`GET /healthz` answers 200 once it is ready. SIGTERM and SIGINT stop it; a restart with the same state goes on where it
stopped, deliveries of webhooks included. Exit status 2: bad arguments; 1: the port or the state file cannot be used.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sqlite3
import sys
from pathlib import Path

from aiohttp import web

from payments.contract import load_contract
from payments.sandbox.delivery import Courier
from payments.sandbox.resources.accounts import make_platform
from payments.sandbox.resources.webhook_endpoints import ensure_endpoint
from payments.sandbox.server import Sandbox, make_app
from payments.sandbox.store import Store


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line; exits with status 2 when it makes no sense."""
    parser = argparse.ArgumentParser(
        prog="python -m payments.sandbox", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--country", default="US")
    parser.add_argument("--public-url", default="")
    for side in ("", "connect-"):
        parser.add_argument(f"--{side}webhook-url", default="")
        parser.add_argument(f"--{side}webhook-secret", default="")
    parser.add_argument("--retry-seconds", default="1,3,10,30,60,300,900")
    parser.add_argument("--settle-seconds", type=float, default=2.0)
    return parser.parse_args(arguments)


def open_state(options: argparse.Namespace) -> Store:
    """The state file, with the platform's account and the endpoints that the command line names."""
    options.state.parent.mkdir(parents=True, exist_ok=True)
    store = Store(options.state)
    make_platform(store, options.country.upper())
    version = load_contract().version
    if options.webhook_url:
        ensure_endpoint(store, options.webhook_url, options.webhook_secret, connect=False, version=version)
    if options.connect_webhook_url:
        ensure_endpoint(
            store, options.connect_webhook_url, options.connect_webhook_secret, connect=True, version=version
        )
    return store


async def serve(options: argparse.Namespace, store: Store) -> None:
    """Answer requests and deliver webhooks until told to stop."""
    waits = [float(part) for part in options.retry_seconds.split(",") if part]
    sandbox = Sandbox(
        store=store,
        contract=load_contract(),
        public_url=options.public_url.rstrip("/"),
        settle_seconds=options.settle_seconds,
    )
    sandbox.courier = Courier(sandbox, waits)
    runner = web.AppRunner(make_app(sandbox), access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, options.host, options.port, reuse_address=True)
    await site.start()
    port = runner.addresses[0][1]
    print(f"Stripe sandbox on http://{options.host}:{port} (state: {store.path})", flush=True)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    delivering = asyncio.create_task(sandbox.courier.run())
    await stop.wait()
    delivering.cancel()
    await asyncio.gather(delivering, return_exceptions=True)
    await runner.cleanup()


def main(arguments: list[str] | None = None) -> int:
    """Run until stopped; the exit status."""
    options = parse(sys.argv[1:] if arguments is None else arguments)
    try:
        store = open_state(options)
        asyncio.run(serve(options, store))
    except (OSError, sqlite3.Error) as error:
        print(f"The Stripe sandbox cannot start: {error}", file=sys.stderr)
        return 1
    store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
