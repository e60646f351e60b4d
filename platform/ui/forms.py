"""Small words for doors that take forms."""

from django.http import HttpRequest, QueryDict


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent with a POST, an empty one too, so that it is judged; None for a first look at the form."""
    return request.POST if request.method == "POST" else None
