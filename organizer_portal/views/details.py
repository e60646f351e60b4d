"""What an event shows of itself: how its text will look, and its pictures."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from events.pictures import MOST_PICTURES, add_picture, describe_picture, move_picture, remove_picture
from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.event_pictures import store_picture
from organizer_portal.forms.details import PictureForm
from organizer_portal.views.events import event_or_404, place_refusal
from ui.errors import DomainError
from ui.forms import posted
from ui.rich_text import to_html

LONGEST_PREVIEW = 20_000  # characters, as many as a description may have


@require_POST
@staff(EDIT_EVENTS)
def text_preview(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What a description being typed will look like."""
    html = to_html(request.POST.get("description", "")[:LONGEST_PREVIEW])
    return render(request, "organizer_portal/_text_preview.html", {"html": html})


# --- Pictures -------------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def pictures(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """An event's pictures in order, and one more."""
    found = event_or_404(event_id)
    form = PictureForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            stored = store_picture(form.cleaned_data["picture"].read())
            add_picture(
                event_id=found.pk,
                files=stored.files,
                width=stored.width,
                height=stored.height,
                alt=form.cleaned_data["alt"],
                actor=desk.actor,
            )
        except DomainError as refusal:
            refusal.extra.setdefault("field", "picture")
            place_refusal(form, refusal)
        else:
            messages.success(request, _("The picture is added."))
            return redirect("organizer_portal:pictures", found.pk)
    context = {"event": found, "form": form, "pictures": list(found.pictures.all()), "most": MOST_PICTURES}
    return render(request, "organizer_portal/pictures.html", context, status=422 if form.errors else 200)


@require_POST
@staff(EDIT_EVENTS)
def picture(request: HttpRequest, desk: Desk, event_id: UUID, picture_id: UUID) -> HttpResponse:
    """Other words for a picture, another place in the order (`by`), or off with it (`removes`)."""
    asked = request.POST
    try:
        if "removes" in asked:
            remove_picture(event_id=event_id, picture_id=picture_id, actor=desk.actor)
            messages.success(request, _("Removed."))
        elif asked.get("by") in ("-1", "1"):
            move_picture(event_id=event_id, picture_id=picture_id, by=int(asked["by"]), actor=desk.actor)
        else:
            describe_picture(event_id=event_id, picture_id=picture_id, alt=asked.get("alt", ""), actor=desk.actor)
            messages.success(request, _("Saved."))
    except DomainError as refusal:
        if refusal.status == 404:
            raise
        messages.error(request, refusal.detail)
    return redirect("organizer_portal:pictures", event_id)
