"""The platform's public site."""

from django.urls import path

from marketplace import views

app_name = "marketplace"
urlpatterns = [
    path("", views.home, name="home"),
    path("sign-up/", views.sign_up, name="sign_up"),
    path("sign-up/<uuid:organizer_id>/", views.opening, name="opening"),
]
