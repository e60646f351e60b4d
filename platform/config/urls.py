"""What an organizer's host serves."""

from django.urls import include, path

from config.api import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("portal/account/", include("accounts.urls")),
    path("portal/", include("organizer_portal.urls")),
    path("door/", include("scanning.urls")),
    path("", include("waiting_room.urls")),
    path("", include("storefront.urls")),
]
handler404 = "ui.views.not_found"
handler403 = "ui.views.not_allowed"
handler500 = "ui.views.broken"
