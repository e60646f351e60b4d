"""The calendar entry of an order."""

from datetime import UTC, datetime

from tests import world
from tests.world import House
from tickets.calendar import calendar_of_order


def test_a_calendar_knows_when_and_where(northside: House) -> None:
    event = world.make_event(
        "Rock; Paper, Scissors\\Ünïcode " + "long " * 20,
        kinds=((world.FREE, 0, 10),),
        starts_at=datetime(2031, 7, 12, 18, 0, tzinfo=UTC),
        venue="Hall, Big",
        address="1 North\nRoad",
    )
    order = world.paid_order(event, **{world.FREE: 1})

    text = calendar_of_order(order, url="http://northside.localhost/orders/x")

    lines = text.split("\r\n")
    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in lines)
    unfolded = text.replace("\r\n ", "").split("\r\n")
    assert "DTSTART:20310712T180000Z" in unfolded
    assert "DTEND:20310712T210000Z" in unfolded
    assert f"UID:{order.pk}@tickets" in unfolded
    summary = "SUMMARY:Rock\\; Paper\\, Scissors\\\\Ünïcode " + "long " * 20
    assert summary.strip() in [line.strip() for line in unfolded]
    assert "LOCATION:Hall\\, Big\\, 1 North\\nRoad\\, Berlin" in unfolded
    assert "URL:http://northside.localhost/orders/x" in unfolded
    assert "STATUS:CONFIRMED" in unfolded


def test_a_title_cannot_add_lines(northside: House) -> None:
    event = world.make_event("Title\r\nATTACH:file:///etc/passwd", kinds=((world.FREE, 0, 10),))
    order = world.paid_order(event, **{world.FREE: 1})

    text = calendar_of_order(order, url="http://northside.localhost/\r\nATTACH:x")

    assert not [line for line in text.split("\r\n") if line.startswith("ATTACH")]
