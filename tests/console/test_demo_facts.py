"""The demo says what its events are, has one that people wait for, and one that is a test; once, however often it is loaded."""

from console.demo_events import SEASON
from console.demo_facts import FACTS, REHEARSAL, SOLD_OUT, rehearse, say_what_they_are, sell_out
from console.demo_seats import SHOWS
from console.management.commands.load_demo import NORTHSIDE, SOUTHSIDE
from events.models import Event, Property
from inventory.live import count_stock
from tests import world
from waitlist.models import Entry


def test_every_event_of_the_demo_says_what_it_is() -> None:
    titles = {show.title for cast in (NORTHSIDE, SOUTHSIDE) for show in (cast.tonight, *cast.later)}
    titles |= {SEASON, *(show.title for shows in SHOWS.values() for show in shows)}

    assert FACTS.keys() == titles


def test_it_is_said_once_and_two_more_events_show_what_else_there_is(northside: world.House) -> None:
    event = world.make_event("The Night Train", kinds=((world.FREE, 0, 5),))

    for _again in range(2):
        say_what_they_are()
        sell_out(event.venue)
        rehearse(event.venue)

    event.refresh_from_db()
    assert (event.category, event.properties["minutes"], Property.objects.count()) == ("concert", 150, 4)
    date = Event.objects.get(title=SOLD_OUT).performances.get()
    assert [stock.left for stock in count_stock([date.pk])[date.pk].types.values()] == [0]
    assert Entry.objects.filter(state=Entry.State.WAITING).count() == 3
    rehearsal = Event.objects.get(title=REHEARSAL)
    assert (rehearsal.is_test, rehearsal.is_published, rehearsal.is_listed) == (True, True, False)
