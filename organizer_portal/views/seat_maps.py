"""Venues and their seat maps: list, create, the editor and what it asks for, versions and what they change."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.contrib import messages
from django.core.files.storage import storages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events.actions import create_venue
from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.drawings import cluster_picture, forget_drawing, keep_drawing, kept_drawing, shape_words
from organizer_portal.editor_words import editor_tools, editor_words
from organizer_portal.forms.seats import SeatMapForm, VenueForm, VersionForm
from organizer_portal.map_changes import MOST_LISTED, category_names, change_groups, changes_between
from organizer_portal.map_drawing import difference_drawings, preset_picture, thumbnail
from organizer_portal.plan_image import store_plan
from organizer_portal.views.events import place_refusal
from seating.actions import create_seat_map, publish_version, save_version
from seating.checks import faults_of
from seating.document import MOST_BYTES, Category, Document, Floor, as_dict, parse
from seating.drafts import close_draft, open_draft, restore_version, save_draft, set_plan
from seating.errors import MOST_FAULTS_TOLD, Fault, MapInvalid
from seating.formats import Imported, import_file
from seating.models import MapVersion, SeatMap, Venue
from seating.plan import PRESETS
from seating.preset_words import ready_house
from seating.queries import seat_map_by_id, version_by_id
from seating.words import size_words
from ui.errors import BodyTooLarge, DomainError, MalformedBody, NotFound
from ui.forms import posted, typed_number
from ui.ids import new_token
from ui.problems import domain_problem

P = ParamSpec("P")
JsonView = Callable[Concatenate[HttpRequest, Desk, P], HttpResponse]


def json_door(view: JsonView[P]) -> JsonView[P]:
    """What the editor's script asks: a refusal is a problem document, also one that a page would show as 404."""

    @wraps(view)
    def guarded(request: HttpRequest, desk: Desk, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, desk, *args, **kwargs)
        except DomainError as error:
            return domain_problem(error)

    return guarded


def json_body(request: HttpRequest) -> dict[str, Any]:
    """The request's JSON object, of at most what a whole document may have. Raises BodyTooLarge, MalformedBody."""
    content = request.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise BodyTooLarge
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise MalformedBody from error
    if not isinstance(value, dict):
        raise MalformedBody
    return value


def _faults(faults: list[Fault]) -> list[dict[str, str]]:
    return [fault.as_dict() for fault in faults[:MOST_FAULTS_TOLD]]


# --- Venues ---------------------------------------------------------------------------------------------------------------------


@require_safe
@staff(EDIT_EVENTS)
def venues(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Every venue with its maps."""
    found = Venue.objects.prefetch_related("seat_maps__versions").order_by("name", "pk")
    rows = [(venue, [_row(seat_map) for seat_map in venue.seat_maps.all()]) for venue in found]
    return render(request, "organizer_portal/venues.html", {"rows": rows})


def _row(seat_map: SeatMap) -> dict[str, Any]:
    published = [version for version in seat_map.versions.all() if version.kind == MapVersion.Kind.PUBLISHED]
    return {"map": seat_map, "published": published[0] if published else None}


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def new_venue(request: HttpRequest, desk: Desk) -> HttpResponse:
    """A venue of its own; events make theirs along the way."""
    form = VenueForm(posted(request), initial={"timezone": desk.organizer.timezone})
    if request.method == "POST" and form.is_valid():
        words = dict(form.cleaned_data)
        try:
            venue = create_venue(name=words.pop("venue"), actor=desk.actor, **words)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            return redirect("organizer_portal:new_seat_map", venue.pk)
    return render(request, "organizer_portal/venue_new.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def new_seat_map(request: HttpRequest, desk: Desk, venue_id: UUID) -> HttpResponse:
    """A map of a venue, then on to its editor."""
    venue = Venue.objects.filter(pk=venue_id).first()
    if venue is None:
        raise NotFound
    if request.method == "POST" and "drawing" in request.POST:
        return _confirmed_drawing(request, desk, venue)
    form = SeatMapForm(request.POST, request.FILES) if request.method == "POST" else SeatMapForm()
    faults: list[Fault] = []
    if request.method == "POST" and form.is_valid():
        try:
            imported = _imported(form.cleaned_data["file"])
            if imported is not None and imported.needs_confirmation:
                return _drawing_page(request, desk, venue, form, imported)
            document, faults = _first_draft(form.cleaned_data["name"], form.cleaned_data["start"], imported)
            made = create_seat_map(venue=venue, document=document, actor=desk.actor)
        except MapInvalid as refusal:
            faults = list(refusal.faults)
            form.add_error("file" if form.cleaned_data["file"] else None, refusal.detail)
        else:
            return _made_page(request, made, faults)
    context = {"form": form, "venue": venue, "faults": faults}
    return render(request, "organizer_portal/seat_map_new.html", context, status=422 if form.errors else 200)


@require_safe
@staff(EDIT_EVENTS)
def preset_thumbnail(request: HttpRequest, desk: Desk, name: str) -> HttpResponse:
    """One of the houses that are ready as a small SVG, which a browser keeps for a day."""
    if name not in PRESETS:
        raise NotFound
    headers = {"Cache-Control": f"private, max-age={24 * 3600}"}
    return HttpResponse(preset_picture(name), content_type="image/svg+xml", headers=headers)


def _made_page(request: HttpRequest, made: SeatMap, faults: list[Fault]) -> HttpResponse:
    """On to the editor, or first to what of a file was mended or lost."""
    if faults:
        context = {"map": made, "faults": faults, "venue": made.venue}
        return render(request, "organizer_portal/seat_map_imported.html", context)
    return redirect("organizer_portal:seat_map_editor", made.pk)


def _imported(file: "UploadedFile[bytes] | None") -> Imported | None:
    if file is None:
        return None
    content = file.read()
    file.seek(0)  # a drawing is kept until somebody has confirmed it
    return import_file(file.name or "", content)


def _first_draft(name: str, start: str, imported: Imported | None) -> tuple[Document, list[Fault]]:
    """What a file says, one of the houses that are ready, or an empty sheet; and what of a file was mended or lost."""
    if imported is not None:
        return replace(imported.document, name=name), list(imported.faults)
    return (replace(ready_house(start), name=name) if start else blank(name)), []


def _drawing_page(
    request: HttpRequest, desk: Desk, venue: Venue, form: SeatMapForm, imported: Imported
) -> HttpResponse:
    """What was found in a drawing, and the question which of it seats are. Raises MapInvalid for one that cannot wait."""
    file = form.cleaned_data["file"]
    name = form.cleaned_data["name"]
    token = keep_drawing(
        user=desk.user, venue_id=str(venue.pk), name=name, file_name=file.name or "", content=file.read()
    )
    return _proposal_page(request, venue, name=name, token=token, imported=imported)


def _proposal_page(
    request: HttpRequest, venue: Venue, *, name: str, token: str, imported: Imported, refusal: DomainError | None = None
) -> HttpResponse:
    proposal = imported.proposal
    clusters = [
        {**one, "picture": cluster_picture(proposal["page"], one), "words": shape_words(one["shape"])}
        for one in proposal["clusters"]
    ]
    context = {
        "venue": venue,
        "name": name,
        "token": token,
        "clusters": sorted(clusters, key=lambda one: (not one["is_proposed"], -one["count"])),
        "rows": len(proposal["rows"]),
        "faults": imported.faults,
        "refusal": refusal,
    }
    return render(request, "organizer_portal/seat_map_drawing.html", context, status=422 if refusal else 200)


def _confirmed_drawing(request: HttpRequest, desk: Desk, venue: Venue) -> HttpResponse:
    """Make the map of the shapes that were ticked."""
    kept = kept_drawing(user=desk.user, venue_id=str(venue.pk), token=request.POST["drawing"])
    if kept is None:
        form = SeatMapForm(initial={"name": request.POST.get("name", "")[:80]})
        words = _("The drawing is kept for half an hour, until you upload another one. Choose the file again.")
        context = {"form": form, "venue": venue, "faults": [], "gone": words}
        return render(request, "organizer_portal/seat_map_new.html", context, status=422)
    chosen = request.POST.getlist("clusters")
    try:
        imported = import_file(kept.file_name, kept.content, "svg", {"clusters": chosen})
        document = replace(imported.document, name=kept.name)
        made = create_seat_map(venue=venue, document=document, actor=desk.actor)
    except MapInvalid as refusal:
        again = import_file(kept.file_name, kept.content, "svg")
        return _proposal_page(request, venue, name=kept.name, token=kept.token, imported=again, refusal=refusal)
    forget_drawing(desk.user)
    return _made_page(request, made, list(imported.faults))


def blank(name: str) -> Document:
    """What a new map starts from: one floor of 40 by 30 metres, and one category to paint with."""
    return Document(
        name=name,
        width=4000.0,
        height=3000.0,
        categories=(Category(key="standard", name=_("Standard"), color="#0072b2"),),
        floors=(Floor(id="floor-1", name=_("Ground floor")),),
    )


# --- One map -------------------------------------------------------------------------------------------------------------------


@require_safe
@staff(EDIT_EVENTS)
def seat_map(request: HttpRequest, desk: Desk, map_id: UUID) -> HttpResponse:
    """A map's picture, figures, faults and versions."""
    return _map_page(request, seat_map_by_id(map_id))


def _map_page(
    request: HttpRequest, found: SeatMap, *, refusal: DomainError | None = None, form: VersionForm | None = None
) -> HttpResponse:
    document = parse(found.draft)
    faults = faults_of(document, zone=found.venue.timezone)
    context = {
        "map": found,
        "size": size_words(sum(1 for _seat in document.seats), sum(area.capacity for area in document.areas)),
        "errors": [fault for fault in faults if fault.severity == "error"],
        "warnings": [fault for fault in faults if fault.severity != "error"],
        "versions": list(found.versions.defer("document").all()),
        "refusal": refusal,
        "form": form,
        "version_form": form or VersionForm(),
    }
    return render(request, "organizer_portal/seat_map.html", context, status=422 if refusal else 200)


@require_safe
@staff(EDIT_EVENTS)
def thumbnail_picture(request: HttpRequest, desk: Desk, map_id: UUID) -> HttpResponse:
    """The draft as a small SVG."""
    drawn = thumbnail(parse(seat_map_by_id(map_id).draft))
    return HttpResponse(drawn, content_type="image/svg+xml", headers={"Cache-Control": "private, no-cache"})


@require_safe
@staff(EDIT_EVENTS)
def editor(request: HttpRequest, desk: Desk, map_id: UUID) -> HttpResponse:
    """The editor's page: an empty desk that its script fills from `draft`."""
    found = seat_map_by_id(map_id)
    context = {
        "map": found,
        "tools": editor_tools(),
        "session": new_token()[:24],
        "words": editor_words() if get_language() != "en" else {},
        "back_url": reverse("organizer_portal:seat_map", args=[found.pk]),
    }
    return render(request, "organizer_portal/seat_map_editor.html", context)


@require_http_methods(["POST", "DELETE"])
@staff(EDIT_EVENTS)
@json_door
def lease(request: HttpRequest, desk: Desk, map_id: UUID) -> HttpResponse:
    """POST takes or renews the lease of a tab, DELETE gives it back. `{"session", "take_over"}`."""
    asked = json_body(request)
    session = str(asked.get("session", ""))
    if request.method == "DELETE":
        close_draft(map_id=map_id, session=session)
        return HttpResponse(status=204)
    found = open_draft(
        map_id=map_id,
        session=session,
        editor=_editor_name(desk),
        take_over=asked.get("take_over") is True,
        actor=desk.actor,
    )
    return JsonResponse({"is_mine": found.is_mine, "editor": found.editor, "revision": found.revision})


def _editor_name(desk: Desk) -> str:
    return desk.membership.name or desk.membership.email


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
@json_door
def draft(request: HttpRequest, desk: Desk, map_id: UUID) -> HttpResponse:
    """GET: the document with its revision, plan and faults. POST `{"session", "base", "patch"}`: save a change."""
    if request.method == "POST":
        asked = json_body(request)
        base = asked.get("base")
        saved = save_draft(
            map_id=map_id,
            session=str(asked.get("session", "")),
            editor=_editor_name(desk),
            base_revision=base if isinstance(base, int) else 0,
            patch=asked.get("patch"),
        )
        return JsonResponse({"revision": saved.revision, "faults": _faults(saved.faults)})
    found = seat_map_by_id(map_id)
    faults = faults_of(parse(found.draft), zone=found.venue.timezone)
    return JsonResponse(
        {
            "revision": found.revision,
            "document": found.draft,
            "faults": _faults(faults),
            "plan": {**found.plan_placement, "image": bool(found.plan_image)} if found.plan_image else None,
        }
    )


@require_POST
@staff(EDIT_EVENTS)
@json_door
def clips(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What was copied from a map, as the reader of every map understands it, before another map takes it in."""
    return JsonResponse(as_dict(parse(json_body(request))))


@require_http_methods(["GET", "POST", "PUT"])
@staff(EDIT_EVENTS)
def plan(request: HttpRequest, desk: Desk, map_id: UUID) -> HttpResponse:
    """The picture that is traced over: GET shows it, POST (a form with `plan`) replaces it, PUT says where it lies."""
    found = seat_map_by_id(map_id)
    if request.method in ("GET", "HEAD"):
        if not found.plan_image:
            raise NotFound
        with storages["private"].open(found.plan_image) as picture:
            return HttpResponse(picture.read(), content_type="image/webp")
    return _change_plan(request, desk, found)


@json_door
def _change_plan(request: HttpRequest, desk: Desk, found: SeatMap) -> HttpResponse:
    if request.method == "PUT":
        set_plan(map_id=found.pk, image=found.plan_image, placement=json_body(request), actor=desk.actor)
        return HttpResponse(status=204)
    upload = request.FILES.get("plan")
    if upload is None:
        raise MapInvalid([Fault("plan", _("Choose a picture first."))])
    name, width, _height = store_plan(upload.read())
    # Until somebody measures it, a plan is as wide as the map.
    placement = {"x": 0.0, "y": 0.0, "scale": max(float(found.draft["width"]), 100.0) / width, "opacity": 0.5}
    set_plan(map_id=found.pk, image=name, placement=placement, actor=desk.actor)
    return JsonResponse({**placement, "image": True})


# --- Versions ----------------------------------------------------------------------------------------------------------------------


@require_POST
@staff(EDIT_EVENTS)
def versions(request: HttpRequest, desk: Desk, map_id: UUID) -> HttpResponse:
    """Keep the draft as a version; with `publish` in the form one that events may sell."""
    found = seat_map_by_id(map_id)
    form = VersionForm(request.POST)
    if not form.is_valid():
        return _map_page(request, found, refusal=DomainError(form.errors.as_text()), form=form)
    try:
        if "publish" in request.POST:
            made = publish_version(map_id=found.pk, name=form.cleaned_data["name"], actor=desk.actor)
            words = _("Version %(number)d is published: events can sell it.")
        else:
            made = save_version(map_id=found.pk, name=form.cleaned_data["name"], actor=desk.actor)
            words = _("Version %(number)d is kept.")
    except DomainError as refusal:
        return _map_page(request, found, refusal=refusal, form=form)
    messages.success(request, words % {"number": made.number})
    return redirect("organizer_portal:seat_map", found.pk)


def _version_of(map_id: UUID, version_id: UUID) -> MapVersion:
    found = version_by_id(version_id)
    if found.seat_map_id != map_id:
        raise NotFound
    return found


@require_safe
@staff(EDIT_EVENTS)
def version(request: HttpRequest, desk: Desk, map_id: UUID, version_id: UUID) -> HttpResponse:
    """What has changed since a version, drawn and listed; `?from=<number>` compares it with an earlier one instead."""
    found = _version_of(map_id, version_id)
    since = typed_number(request.GET.get("from", ""))
    earlier = None if since is None else found.seat_map.versions.filter(number=since).first()
    before = parse(earlier.document if earlier else found.document)
    after = parse(found.document if earlier else found.seat_map.draft)
    changes = changes_between(before, after)
    context = {
        "map": found.seat_map,
        "version": found,
        "earlier": earlier,
        "others": list(found.seat_map.versions.filter(number__lt=found.number).defer("document")),
        "changes": changes,
        "groups": change_groups(changes, category_names(before, after)),
        "drawings": difference_drawings(before, after, changes),
        "most": MOST_LISTED,
    }
    return render(request, "organizer_portal/map_version.html", context)


@require_POST
@staff(EDIT_EVENTS)
def restorations(request: HttpRequest, desk: Desk, map_id: UUID, version_id: UUID) -> HttpResponse:
    """Make the draft what a version was; the present draft is kept as a version first."""
    found = _version_of(map_id, version_id)
    try:
        save_version(map_id=map_id, name=_("Before going back to version %d") % found.number, actor=desk.actor)
        restore_version(map_id=map_id, version_id=version_id, actor=desk.actor)
    except DomainError as refusal:
        return _map_page(request, found.seat_map, refusal=refusal)
    messages.success(request, _("The draft is version %(number)d again.") % {"number": found.number})
    return redirect("organizer_portal:seat_map", map_id)
