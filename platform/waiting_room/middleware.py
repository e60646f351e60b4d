"""First of all middleware: answers polls by itself, and watches how long the hold and order doors take."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from waiting_room import health
from waiting_room.gate import doors_of
from waiting_room.position import quick_answer

MEASURED = ("/api/v1/holds", "/api/v1/orders")


class WaitingRoomMiddleware:
    """Costs every other request two looks at its path."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        quick = quick_answer(request)
        if quick is not None:
            return quick
        if not _is_measured(request):
            return self.get_response(request)
        started = time.perf_counter()
        response = self.get_response(request)
        _measure(request, seconds=time.perf_counter() - started, status=response.status_code)
        return response


def _is_measured(request: HttpRequest) -> bool:
    path = request.path
    return request.method == "POST" and (
        path in MEASURED or path.startswith("/checkout/") or (path.startswith("/events/") and path.endswith("/holds/"))
    )


def _measure(request: HttpRequest, *, seconds: float, status: int) -> None:
    organizer = getattr(request, "organizer", None)
    if organizer is not None and organizer.is_active and doors_of(organizer).is_any:
        health.count_request(organizer.pk, seconds=seconds, status=status)
