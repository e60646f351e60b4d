"""Nora says what her events are: their category and tags, and properties of her own."""

from django_tenants.utils import tenant_context

from audit.actions import SYSTEM
from events.models import Event, Property
from events.properties import add_property
from tests import world
from tests.staff import Visitor, text

PROPERTIES = "/portal/settings/properties/"


def test_nora_defines_properties_and_says_them_of_an_event(nora: Visitor, northside: world.House) -> None:
    event = world.make_event("Cherry Orchard", kinds=((world.FREE, 0, 5),))
    language = {"name": "Language", "kind": "choice", "choices": "German\nEnglish\n", "is_filterable": "on"}
    assert nora.post(PROPERTIES, language).status_code == 302
    assert nora.post(PROPERTIES, {"name": "Minutes", "kind": "number", "choices": ""}).status_code == 302
    first, second = Property.objects.all()
    assert (first.choices, first.is_filterable, second.is_filterable) == (["German", "English"], True, False)

    details = f"/portal/events/{event.pk}/details/"
    form = nora.get(details).context["form"]
    typed = {name: form[name].value() or "" for name in form.fields} | {
        "category": "theatre",
        "tags": "Classic, #Classic, german",
    }
    wrong = nora.post(details, typed | {"property-minutes": "long", "least_age": "0"})
    assert wrong.status_code == 422
    assert "A number like 90" in str(wrong.context["form"].errors["property-minutes"])
    assert (Event.objects.get().category, Event.objects.get().tags) == ("", [])

    typed |= {"property-minutes": "92,5", "property-language": "English", "least_age": "12", "terms": "No bags."}
    assert nora.post(details, typed).status_code == 302

    event.refresh_from_db()
    assert (event.category, event.tags, event.least_age) == ("theatre", ["classic", "german"], 12)
    assert event.properties == {"minutes": 92.5, "language": "English"}
    form = nora.get(details).context["form"]
    assert [form[name].value() for name in ("tags", "property-minutes", "property-language")] == [
        "classic, german", "92.5", "English",
    ]  # fmt: skip


def test_a_property_is_changed_moved_and_removed(nora: Visitor, northside: world.House) -> None:
    for name in ("Bar", "Language"):
        nora.post(PROPERTIES, {"name": name, "kind": "yes_no"})
    bar, language = Property.objects.all()

    assert "There is a property of this name already." in text(
        nora.post(f"{PROPERTIES}{bar.pk}/", {"name": "language"})
    )
    nora.post(f"{PROPERTIES}{bar.pk}/", {"name": "Bar and food", "is_filterable": "on"})
    nora.post(f"{PROPERTIES}{bar.pk}/", {"by": "1"})
    assert [(one.name, one.key, one.kind) for one in Property.objects.all()] == [
        ("Language", "language", "yes_no"), ("Bar and food", "bar", "yes_no"),
    ]  # fmt: skip

    assert nora.post(f"{PROPERTIES}{language.pk}/removal/").status_code == 302
    assert [one.key for one in Property.objects.all()] == ["bar"]


def test_the_other_organizers_properties_are_not_here(
    nora: Visitor, northside: world.House, southside: world.House
) -> None:
    with tenant_context(southside.organizer):
        theirs = add_property(name="Theirs", kind=Property.Kind.TEXT, actor=SYSTEM)

    assert "Theirs" not in text(nora.get(PROPERTIES))
    for address in (f"{PROPERTIES}{theirs.pk}/", f"{PROPERTIES}{theirs.pk}/removal/"):
        assert nora.post(address, {"name": "Mine"}).status_code == 404
    with tenant_context(southside.organizer):
        assert Property.objects.get().name == "Theirs"
