"""The platform's public site."""

from uuid import UUID

from allauth.decorators import rate_limit
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.errors import EmailTaken
from marketplace.actions import sign_up as open_box_office
from marketplace.countries import country_of_visitor
from marketplace.forms import FinderForm, SignUpForm
from marketplace.queries import facets_of, listed, listings_of, organizer_by_id
from tenants.errors import SlugInvalid, SlugTaken
from tenants.models import Organizer
from tenants.queries import portal_url
from ui.forms import posted
from ui.middleware import content_security_policy

PER_PAGE = 24


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the platform is, and what is on: all of it, or what the address says is looked for.

    A part of it that makes no sense is said (422), and nobody looks for it.
    """
    now = timezone.now()
    events = listed(after=now)
    facets = facets_of(events)
    finder = FinderForm(request.GET, facets)
    page = Paginator(finder.wanted().of(events).select_related("organizer"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "listings": listings_of(page, at=now),
        "page_obj": page,
        "query": f"{query}&" if (query := urlencode(finder.given)) else "",
        "finder": finder,
        "facets": facets,
    }
    response = render(request, "marketplace/home.html", context, status=422 if finder.errors else 200)
    response["HX-Push-Url"] = f"/?{query}" if query else "/"
    return response


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@rate_limit(action="signup")  # type: ignore[untyped-decorator]
def sign_up(request: HttpRequest) -> HttpResponse:
    """Open a box office, then on to its own sign-in."""
    form = SignUpForm(posted(request), initial={"country": _country(request)})
    if request.method == "POST" and form.is_valid():
        organizer = _open(form)
        if organizer is not None:
            return redirect(portal_url(organizer) if organizer.is_active else progress_path(organizer))
    context = {"form": form, "host_suffix": f".{settings.PLATFORM_HOST}"}
    response = render(request, "marketplace/sign_up.html", context, status=422 if form.errors else 200)
    # The answer to this form leads to the new organizer's host, which browsers allow only when the policy names it.
    hosts = f"{settings.PLATFORM_SCHEME}://*.{settings.PLATFORM_HOST}{settings.PLATFORM_PORT}"
    response["Content-Security-Policy"] = content_security_policy().replace("form-action ", f"form-action {hosts} ")
    return response


@never_cache
@require_safe
def opening(request: HttpRequest, organizer_id: UUID) -> HttpResponse:
    """How far a new box office is, for when no prepared schema was at hand; looks again by itself."""
    organizer = organizer_by_id(organizer_id)
    if organizer is None or organizer.state == Organizer.State.SUSPENDED:
        raise Http404
    context = {"opened": organizer, "portal_url": portal_url(organizer)}
    return render(request, "marketplace/opening.html", context)


def progress_path(organizer: Organizer) -> str:
    """Where the progress of a new organizer is shown."""
    return f"/sign-up/{organizer.pk}/"


def _open(form: SignUpForm) -> Organizer | None:
    """Do what the form asks; a refusal goes beside the field it is about."""
    words = form.cleaned_data
    try:
        return open_box_office(
            name=words["name"],
            slug=words["slug"],
            email=words["email"],
            password=words["password"],
            country=words["country"],
            currency=words["currency"],
            timezone_name=words["timezone"],
        )
    except EmailTaken as refusal:
        form.add_error("email", refusal.detail)
    except (SlugInvalid, SlugTaken) as refusal:
        form.add_error("slug" if words["slug"] else "name", refusal.detail)
    return None


def _country(request: HttpRequest) -> str:
    return country_of_visitor(request.headers.get("Accept-Language", ""))
