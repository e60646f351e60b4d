"""Dates and times as people read them."""

from datetime import UTC, datetime

from django.utils.translation import override

from ui.dates import doors_time


def test_doors_name_their_day_only_where_it_is_another_than_the_shows() -> None:
    evening = datetime(2026, 11, 27, 20, tzinfo=UTC)  # 21:00 in Berlin

    assert doors_time(evening, datetime(2026, 11, 27, 22, 59, tzinfo=UTC), "Europe/Berlin") == "21:00"
    assert doors_time(evening, datetime(2026, 11, 27, 23, tzinfo=UTC), "Europe/Berlin") == "Fri 27 Nov 2026, 21:00"
    assert doors_time(evening, datetime(2026, 11, 27, 23, tzinfo=UTC), "Europe/London") == "20:00"
    with override("de"):
        assert (
            doors_time(evening, datetime(2026, 11, 28, 8, tzinfo=UTC), "Europe/Berlin") == "Fr., 27. Nov. 2026, 21:00"
        )
