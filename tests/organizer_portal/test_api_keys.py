"""Keys for programs: shown once, used, revoked; and whose they are."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from audit.actions import SYSTEM
from audit.models import AuditEntry
from people.errors import ApiKeyInvalid
from people.keys import MOST_KEYS, create_api_key, note_use, revoke_api_key
from people.models import ApiKey, Membership
from people.queries import api_key_of, key_digest
from tests import world
from tests.api.caller import Api, given, refused
from tests.staff import Visitor, text

URL = "/portal/settings/api-keys/"


def test_an_owner_makes_a_key_that_is_shown_once_and_revokes_it(nora: Visitor, northside: world.House) -> None:
    page = text(nora.post(URL, {"name": "Box office"}))
    (token,) = set(re.findall(r"key_[\w-]{32}", page))
    key = ApiKey.objects.get(name="Box office")

    assert token not in text(nora.get(URL))
    assert key.token_digest == key_digest(token)
    assert (key.role, key.created_by) == (Membership.Role.MANAGER, northside.owner.pk)
    api = Api(northside.host)
    assert given(api.get("/seat-maps", token=token))["items"] == []
    key.refresh_from_db()
    assert key.last_used_at is not None
    assert nora.post(f"{URL}{key.pk}/revocation/").status_code == 302
    assert "Revoked on" in text(nora.get(URL))
    refused(api.get("/seat-maps", token=token), 401, "not_authenticated")
    assert [entry.verb for entry in AuditEntry.objects.filter(target_id=str(key.pk)).order_by("pk")] == [
        "create_api_key",
        "revoke_api_key",
    ]


def test_a_key_needs_a_name_and_there_are_not_too_many(nora: Visitor, northside: world.House) -> None:
    assert nora.post(URL, {"name": " "}).status_code == 422
    for number in range(MOST_KEYS):
        create_api_key(name=f"Key {number}", actor=SYSTEM)
    with pytest.raises(ApiKeyInvalid):
        create_api_key(name="One more", actor=SYSTEM)
    revoke_api_key(key_id=ApiKey.objects.all()[0].pk, actor=SYSTEM)
    create_api_key(name="One more", actor=SYSTEM)


def test_when_a_key_was_used_is_written_once_a_minute(northside: world.House) -> None:
    key, token = create_api_key(name="Program", actor=SYSTEM)
    note_use(key)
    first = ApiKey.objects.get(pk=key.pk).last_used_at
    note_use(key)
    assert ApiKey.objects.get(pk=key.pk).last_used_at == first
    ApiKey.objects.update(last_used_at=timezone.now() - timedelta(minutes=5))
    note_use(key)
    found = api_key_of(token)
    assert found is not None
    assert found.last_used_at is not None
    assert first is not None
    assert found.last_used_at > first


def test_a_key_opens_nothing_at_another_organizer(northside: world.House, southside: world.House) -> None:
    with tenant_context(southside.organizer):
        _key, token = create_api_key(name="Theirs", actor=SYSTEM)
    refused(Api(northside.host).get("/seat-maps", token=token), 401, "not_authenticated")
    given(Api(southside.host).get("/seat-maps", token=token))


def test_a_finance_key_may_not_touch_seat_maps(northside: world.House) -> None:
    _key, token = create_api_key(name="Books", actor=SYSTEM, role=Membership.Role.FINANCE)
    refused(Api(northside.host).get("/seat-maps", token=token), 403, "not_allowed")
