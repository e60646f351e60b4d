"""What the platform's own host serves."""

from django.urls import include, path

from payments.webhooks import stripe_webhook

urlpatterns = [
    path("webhooks/stripe", stripe_webhook, name="stripe_webhook"),
    path("account/", include("accounts.urls")),
    path("console/", include("console.urls")),
    path("", include("marketplace.urls")),
]
handler404 = "ui.views.not_found"
handler403 = "ui.views.not_allowed"
handler500 = "ui.views.broken"
