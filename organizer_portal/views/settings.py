"""Settings: what there is, legal texts and branding."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from organizer_portal.access import BE_HERE, EDIT_EVENTS, OWN, Desk, staff
from organizer_portal.forms.settings import BrandForm, LegalForm
from organizer_portal.logo import NotAnImage, store_logo
from people.actions import write_legal_text
from people.models import LegalText
from people.queries import legal_text, own_legal_text
from tenants.actions import brand_organizer
from tenants.models import Organizer
from ui.brand import EDGE_CONTRAST, LIGHT_PAPER, brand, contrast, normalised
from ui.forms import posted


@require_safe
@staff(BE_HERE)
def settings(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What can be set, and where."""
    return render(
        request,
        "organizer_portal/settings.html",
        {"is_owner": OWN.allows(desk.membership), "may_edit": EDIT_EVENTS.allows(desk.membership)},
    )


@require_http_methods(["GET", "POST"])
@staff(OWN)
def legal(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Terms of sale, privacy and imprint, as the storefront's footer leads to them."""
    own = {kind: own_legal_text(kind) for kind in LegalText.Kind}
    form = LegalForm(posted(request), initial={kind.value: text.text if text else "" for kind, text in own.items()})
    if request.method == "POST" and form.is_valid():
        for kind in LegalText.Kind:
            write_legal_text(kind=kind, text=form.cleaned_data[kind.value], actor=desk.actor)
        messages.success(request, _("Saved. Your pages show it from now on."))
        return redirect("organizer_portal:legal")
    rows = [
        {"field": form[kind.value], "shown": legal_text(kind), "url": reverse(f"storefront:{kind.value}")}
        for kind in LegalText.Kind
    ]
    context = {"form": form, "rows": rows}
    return render(request, "organizer_portal/legal.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@staff(OWN)
def branding(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Name, colour and logo; the same page says what becomes of the colour."""
    organizer = Organizer.objects.get(pk=desk.organizer.pk)  # what is changed is read fresh, not from the hosts' cache
    initial = {"name": organizer.name, "brand_color": organizer.brand_color}
    form = BrandForm(posted(request), request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            logo = _chosen_logo(form, organizer.logo)
        except NotAnImage as refusal:
            form.add_error("logo", refusal.detail)
        else:
            words = form.cleaned_data
            brand_organizer(
                organizer_id=organizer.pk,
                name=words["name"],
                brand_color=words["brand_color"],
                logo=logo,
                actor=desk.actor,
            )
            messages.success(request, _("Saved. Your pages show it from now on."))
            return redirect("organizer_portal:branding")
    context = {
        "organizer": organizer,
        "form": form,
        "verdict": verdict(str(form["brand_color"].value() or organizer.brand_color)),
    }
    return render(request, "organizer_portal/branding.html", context, status=422 if form.errors else 200)


@require_safe
@staff(OWN)
def brand_verdict(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What becomes of a colour that is being chosen."""
    return render(request, "organizer_portal/_verdict.html", {"verdict": verdict(request.GET.get("brand_color", ""))})


def verdict(color: str) -> dict[str, object] | None:
    """How a colour reads on buttons and as text, or None while it is no colour."""
    try:
        chosen = normalised(color)
    except ValueError:
        return None
    light = brand(chosen).light
    return {
        "color": chosen,
        "palette": light,
        "button_ratio": round(contrast(light.primary, light.primary_content), 1),
        "text_ratio": round(min(contrast(chosen, paper) for paper in LIGHT_PAPER), 1),
        "ink_ratio": round(min(contrast(light.ink, paper) for paper in LIGHT_PAPER), 1),
        "is_text_changed": light.ink != chosen,
        "has_edge": contrast(light.primary, LIGHT_PAPER[0]) < EDGE_CONTRAST,
        "is_text_on_button_black": light.primary_content == "#000000",
    }


def _chosen_logo(form: BrandForm, present: str) -> str:
    if form.cleaned_data["logo"] is not None:
        return store_logo(form.cleaned_data["logo"].read())
    return "" if form.cleaned_data["remove_logo"] else present
