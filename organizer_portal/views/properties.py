"""Properties: what an organizer says of its events in terms of its own."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from events.properties import MOST_PROPERTIES, add_property, change_property, move_property, properties, remove_property
from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.forms.properties import PropertyForm
from organizer_portal.views.events import place_refusal
from ui.errors import DomainError, NotFound
from ui.forms import posted


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def event_properties(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The organizer's properties in their order, and a new one."""
    form = PropertyForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            add_property(actor=desk.actor, **form.of_verb)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Added. You say it of each event under “Details”."))
            return redirect("organizer_portal:event_properties")
    known = properties()
    context = {"form": form, "properties": known, "is_full": len(known) >= MOST_PROPERTIES}
    return render(request, "organizer_portal/properties.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def event_property(request: HttpRequest, desk: Desk, property_id: UUID) -> HttpResponse:
    """Another name or other choices; its place in the order (`by`)."""
    found = next((one for one in properties() if one.pk == property_id), None)
    if found is None:
        raise NotFound
    if request.POST.get("by") in ("-1", "1"):
        move_property(property_id=found.pk, by=int(request.POST["by"]), actor=desk.actor)
        return redirect("organizer_portal:event_properties")
    form = PropertyForm(posted(request), of=found)
    if request.method == "POST" and form.is_valid():
        try:
            change_property(property_id=found.pk, actor=desk.actor, **form.of_verb)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("organizer_portal:event_properties")
    context = {"form": form, "property": found}
    return render(request, "organizer_portal/property.html", context, status=422 if form.errors else 200)


@require_POST
@staff(EDIT_EVENTS)
def event_property_removals(request: HttpRequest, desk: Desk, property_id: UUID) -> HttpResponse:
    """Drop a property, and what events said of it."""
    n = remove_property(property_id=property_id, actor=desk.actor)
    words = ngettext("Removed. %d event said something of it.", "Removed. %d events said something of it.", n) % n
    messages.success(request, words if n else _("Removed."))
    return redirect("organizer_portal:event_properties")
