"""An organizer's host, and `bench/empty`: JSON of nothing, behind the same server and middleware."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from config.urls import handler403 as handler403
from config.urls import handler404 as handler404
from config.urls import handler500 as handler500
from config.urls import urlpatterns as product


def empty(request: HttpRequest) -> HttpResponse:
    """The least that a request can cost here."""
    return JsonResponse({})


urlpatterns = [path("bench/empty", empty), *product]
