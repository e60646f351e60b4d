"""Pages that any host may have to show."""

import sys

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ui.errors import Overloaded
from ui.problems import domain_problem, problem

BUSY_SECONDS = 5  # after which a page is asked for again


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A post that did not come from our own page: 403, in words, with the way back."""
    return render(request, "ui/form_refused.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404 in words; as a problem document under /api/."""
    if request.path.startswith("/api/"):
        return problem(status=404, code="not_found", title="Not found", detail="There is nothing at this address.")
    return render(request, "404.html", status=404)


def not_allowed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 in words."""
    return render(request, "403.html", status=403)


def broken(request: HttpRequest) -> HttpResponse:
    """500 in words, without touching the database; as a problem document under /api/.

    503 when it was the database that had no lock, connection or room for us in time: its transaction is undone.
    """
    if isinstance(sys.exc_info()[1], OperationalError):
        return _busy(request)
    if request.path.startswith("/api/"):
        detail = "Something broke on our side. Nothing was lost; try again with the same Idempotency-Key."
        return problem(status=500, code="internal_error", title="Internal error", detail=detail)
    return render(request, "500.html", status=500)


def _busy(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/"):
        return domain_problem(Overloaded())
    response = render(request, "ui/503.html", status=503)
    response["Retry-After"] = str(BUSY_SECONDS)
    response["Cache-Control"] = "no-store"
    return response
