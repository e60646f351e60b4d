from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe

from payments import gateway
from tests.conftest import HOUSES
from tests.isolation.canary import Furnished, furnish


@pytest.fixture(autouse=True)
def _no_provider(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing here is about payments: whoever asks the provider finds nobody there, and does not wait to ask again."""
    monkeypatch.setattr(stripe.HTTPClient, "_sleep_time_seconds", lambda *_, **__: 0.0)
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    gateway.client.cache_clear()
    yield
    gateway.client.cache_clear()


@pytest.fixture
def north(db: None, media: Path) -> Furnished:
    """Northside Hall, furnished; not entered."""
    return furnish(HOUSES["northside"], "Zqnorth7")


@pytest.fixture
def south(db: None, media: Path) -> Furnished:
    """Southside Yard, furnished; not entered."""
    return furnish(HOUSES["southside"], "Zqsouth8")
