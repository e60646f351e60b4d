"""Rows read by hand are the ORM's own, field by field."""

import pytest
from django.db import models
from pytest_django import DjangoAssertNumQueries

from events.models import Event, Performance, TicketType
from tests import world
from ui.rows import keep, read


@pytest.mark.parametrize("model", [Event, Performance, TicketType])
def test_the_same_instances_as_the_orm(northside: world.House, model: type[models.Model]) -> None:
    world.make_event(kinds=((world.FREE, 0, 5), ("Members", 0, 5)))

    for expected in model._default_manager.all():
        (found,) = read(model, "id = %s", [expected.pk])
        names = [field.attname for field in model._meta.concrete_fields]
        assert {name: getattr(found, name) for name in names} == {name: getattr(expected, name) for name in names}
        assert (found._state.db, found._state.adding) == (expected._state.db, False)


def test_no_row_is_an_empty_list(northside: world.House) -> None:
    assert read(Event, "id = %s", [world.make_event(is_published=False).venue_id]) == []


def test_kept_rows_are_not_asked_for_again(
    northside: world.House, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = world.make_event(kinds=((world.FREE, 0, 5), ("Members", 0, 5)))
    (event,) = read(Event, "id = %s", [made.pk])

    keep(event, "ticket_types", read(TicketType, "event_id = %s AND name = %s", [made.pk, "Members"]))

    with django_assert_num_queries(0):
        assert [kind.name for kind in event.ticket_types.all()] == ["Members"]
        assert [kind.event for kind in event.ticket_types.all()] == [event]
