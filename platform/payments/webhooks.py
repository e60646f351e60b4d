"""The payment provider's door: verify, store, answer; the work is a task's."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from inbox.actions import receive_event
from inbox.errors import EventUnreadable
from payments.errors import WebhookRefused
from payments.gateway import verified_event
from ui.problems import domain_problem


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """200 once the event is stored (again for one that already is); 400 for what our endpoints' secrets did not sign.

    Signed events that no row can hold get a 400 as well: the provider shows them in its dashboard as failed.
    """
    try:
        event = verified_event(body=request.body, signature=request.headers.get("Stripe-Signature", ""))
        is_new = receive_event(event)
    except (WebhookRefused, EventUnreadable) as error:
        return domain_problem(error)
    if is_new:
        import_string(settings.INBOX_WAKE)()
    return HttpResponse(status=200)
