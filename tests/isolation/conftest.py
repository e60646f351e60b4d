import shutil
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import stripe
from django.db import transaction
from django.test import override_settings

from payments import gateway
from tests.conftest import HOUSES
from tests.isolation.canary import Furnished, furnish


@pytest.fixture(scope="module", autouse=True)
def _no_provider() -> Iterator[None]:
    """Nothing here is about payments: whoever asks the provider finds nobody there, and does not wait to ask again."""
    with pytest.MonkeyPatch.context() as patch, override_settings(STRIPE_API_BASE="http://127.0.0.1:9"):
        patch.setattr(stripe.HTTPClient, "_sleep_time_seconds", lambda *_, **__: 0.0)
        gateway.client.cache_clear()
        yield
        gateway.client.cache_clear()


@dataclass
class BothHouses:
    """What `furnish` made of both houses, and the folder with their files."""

    north: Furnished
    south: Furnished
    files: Path


@pytest.fixture(scope="module")
def both_houses(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BothHouses]:
    """Both houses, furnished once for the tests of a module: in a transaction around theirs, which is rolled back in the end."""
    files = tmp_path_factory.mktemp("files")
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(MEDIA_ROOT=files):
            north, south = furnish(HOUSES["northside"], "Zqnorth7"), furnish(HOUSES["southside"], "Zqsouth8")
        yield BothHouses(north, south, files)
        transaction.set_rollback(True)


@pytest.fixture
def furnished(both_houses: BothHouses, db: None, media: Path) -> BothHouses:
    """The same for one test: what it changes, in the database, in the files or in memory, is its own."""
    shutil.copytree(both_houses.files, media, dirs_exist_ok=True)
    return deepcopy(both_houses)


@pytest.fixture
def north(furnished: BothHouses) -> Furnished:
    """Northside Hall, furnished; not entered."""
    return furnished.north


@pytest.fixture
def south(furnished: BothHouses) -> Furnished:
    """Southside Yard, furnished; not entered."""
    return furnished.south
