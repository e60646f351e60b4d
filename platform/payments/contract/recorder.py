"""An HTTP client for the SDK that writes down what was sent and answered, for tests.

Give it to `stripe.StripeClient(http_client=RecordingClient(path))`; afterwards `read_records(path)` yields records for
`check_request` and `check_response`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import stripe

# The Authorization header is left out on purpose: a recording must never hold a key.
KEPT_HEADERS = {"stripe-account", "stripe-version", "idempotency-key", "content-type"}


class RecordingClient(stripe.RequestsClient):
    """The SDK's own client over `requests`, with one JSON line per exchange appended to `path`."""

    def __init__(self, path: Path | str, **options: Any) -> None:
        super().__init__(**options)
        self.path = Path(path)

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> Any:
        """One exchange as (body, status, headers); raises what the SDK's client raises, and then records nothing."""
        body, status, answered = super().request(method, url, headers, post_data)
        record = {
            "method": method,
            "path": url,
            "headers": {k: v for k, v in (headers or {}).items() if k.lower() in KEPT_HEADERS},
            "body": post_data if isinstance(post_data, str) else None,
            "response": {"status": status, "body": json.loads(body)},
        }
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        return body, status, answered


def read_records(path: Path | str) -> Iterator[dict[str, Any]]:
    """The recorded exchanges in order; none when nothing was recorded."""
    file = Path(path)
    if not file.exists():
        return
    for line in file.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)
