"""The scanner's page: an empty shell that a paired phone fills."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe


@require_safe
@cache_control(private=True, max_age=0)
def door(request: HttpRequest) -> HttpResponse:
    """The page of every door device; who it is, it knows itself."""
    return render(request, "scanning/door.html", {"api": "/api/v1"})
