from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from tests import world


@pytest.fixture
def committing(django_db_setup: None, django_db_blocker: Any) -> Iterator[world.House]:
    """An organizer of these tests' own, entered; what is done there is committed, so that other threads see it."""
    with django_db_blocker.unblock():
        house = world.open_house("Keys & Locks", "keys", owner="Kim", door="Kay")
        with tenant_context(house.organizer):
            yield house
        connection.set_schema_to_public()
