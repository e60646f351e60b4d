"""The platform's back office, on the platform's own host."""

from django.urls import path

from console import views

app_name = "console"
urlpatterns = [
    path("", views.home, name="home"),
    path("organizers/<uuid:organizer_id>/", views.organizer, name="organizer"),
    path("organizers/<uuid:organizer_id>/suspensions/", views.suspensions, name="suspensions"),
    path("organizers/<uuid:organizer_id>/reactivations/", views.reactivations, name="reactivations"),
    path("organizers/<uuid:organizer_id>/fees/<str:currency>/", views.fee, name="fee"),
    path("organizers/<uuid:organizer_id>/fees/<str:currency>/example/", views.fee_example, name="fee_example"),
    path("organizers/<uuid:organizer_id>/fees/<str:currency>/standard/", views.standard_fee, name="standard_fee"),
    path("organizers/<uuid:organizer_id>/payouts/", views.payouts, name="payouts"),
    path("organizers/<uuid:organizer_id>/checks/", views.checks, name="checks"),
    path("organizers/<uuid:organizer_id>/check/", views.check, name="check"),
    path("disputes/", views.disputes, name="disputes"),
    path("incidents/", views.incidents, name="incidents"),
    path("incidents/<uuid:incident_id>/", views.incident, name="incident"),
    path("incidents/<uuid:incident_id>/closure/", views.closure, name="incident_closure"),
    path("health/", views.health, name="health"),
]
