"""A limit counts in Redis, and goes on counting in the process while Redis is away."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from django.core.cache import caches
from django.db import connection
from redis.exceptions import ConnectionError as RedisConnectionError

from tests import world
from ui.errors import TooOften
from ui.limits import Limit, count_against

TWICE = Limit("test", times=2, seconds=600)


@pytest.fixture(autouse=True)
def _nothing_counted_yet() -> Iterator[None]:
    caches["default"].clear()
    caches["process"].clear()
    with patch("ui.limits.time.time", return_value=1_200_000_060.0):  # a minute into a window of ten
        yield


def test_beyond_the_limit_it_says_how_long_to_wait(northside: world.House) -> None:
    count_against(TWICE, "bea@example.com")
    count_against(TWICE, "BEA@example.com")

    with pytest.raises(TooOften, match="ask again in 10 minutes") as refused:
        count_against(TWICE, "bea@example.com")

    assert refused.value.extra == {"wait_seconds": 541}
    count_against(TWICE, "ann@example.com")  # each for herself
    count_against(Limit("other", times=2, seconds=600), "bea@example.com")


def test_the_next_window_starts_anew(northside: world.House) -> None:
    count_against(TWICE, "bea@example.com")
    count_against(TWICE, "bea@example.com")

    with patch("ui.limits.time.time", return_value=1_200_000_600.0):
        count_against(TWICE, "bea@example.com")


def test_organizers_do_not_share_a_count(northside: world.House, southside: world.House) -> None:
    count_against(TWICE, "bea@example.com")
    count_against(TWICE, "bea@example.com")

    connection.set_tenant(southside.organizer)

    count_against(TWICE, "bea@example.com")


def test_nobody_in_particular_is_not_counted(northside: world.House) -> None:
    for _number in range(3):
        count_against(TWICE, "")


def test_without_redis_the_process_counts(northside: world.House) -> None:
    with patch.object(type(caches["default"]), "add", side_effect=RedisConnectionError):
        count_against(TWICE, "bea@example.com")
        count_against(TWICE, "bea@example.com")
        with pytest.raises(TooOften):
            count_against(TWICE, "bea@example.com")
