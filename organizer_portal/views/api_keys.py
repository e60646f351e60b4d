"""Keys for programs: list, make, revoke."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from organizer_portal.access import OWN, Desk, staff
from organizer_portal.forms.staff import ApiKeyForm
from people.errors import ApiKeyInvalid
from people.keys import create_api_key, revoke_api_key
from people.models import Membership
from people.queries import api_keys as all_keys
from tenants.queries import storefront_url
from ui.forms import posted


@require_http_methods(["GET", "POST"])
@staff(OWN)
def api_keys(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The keys there are, and a form for another one; the answer to that shows its token, this one time."""
    form = ApiKeyForm(posted(request))
    token = ""
    if request.method == "POST" and form.is_valid():
        try:
            _key, token = create_api_key(name=form.cleaned_data["name"], actor=desk.actor)
        except ApiKeyInvalid as refusal:
            form.add_error("name", refusal.detail)
        else:
            form = ApiKeyForm()
    names = {member.user_id: member.name or member.email for member in Membership.objects.all()}
    keys = all_keys()
    context = {
        "form": form,
        "token": token,
        "made": keys[0].name if token else "",
        "rows": [{"key": key, "maker": names.get(key.created_by, "") if key.created_by else ""} for key in keys],
        "api_base": storefront_url(desk.organizer, "/api/v1"),
        "zone": desk.organizer.timezone,
    }
    return render(request, "organizer_portal/api_keys.html", context, status=422 if form.errors else 200)


@require_POST
@staff(OWN)
def revocations(request: HttpRequest, desk: Desk, key_id: UUID) -> HttpResponse:
    """End a key's access."""
    key = revoke_api_key(key_id=key_id, actor=desk.actor)
    messages.success(request, _("“%(name)s” is revoked; what uses it is refused from now on.") % {"name": key.name})
    return redirect("organizer_portal:api_keys")
