"""People at the portal of Northside Hall."""

from collections.abc import Callable

import pytest

from accounts.models import User
from audit.actions import SYSTEM
from people.actions import add_member
from people.models import Membership
from tests import world
from tests.staff import Visitor, signed_in

Colleague = Callable[[Membership.Role], Visitor]


@pytest.fixture
def nora(northside: world.House) -> Visitor:
    """The owner, signed in."""
    return signed_in(northside.owner, northside.host)


@pytest.fixture
def dora(northside: world.House) -> Visitor:
    """Door staff, signed in."""
    return signed_in(northside.door, northside.host)


@pytest.fixture
def charlie(northside: world.House, southside: world.House) -> Visitor:
    """Somebody from the other organizer, signed in at Northside's host all the same."""
    return signed_in(southside.door, northside.host)


@pytest.fixture
def colleague(northside: world.House) -> Colleague:
    """Someone new on the team with a role, signed in."""

    def join(role: Membership.Role) -> Visitor:
        user = User.objects.create_user(f"{role.value}@northside.example", world.PASSWORD, name=role.label)
        add_member(user_id=user.pk, name=user.name, email=user.email, role=role, actor=SYSTEM)
        return signed_in(user, northside.host)

    return join
