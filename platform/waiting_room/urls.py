"""The line of an event. Nouns only; who waits makes an entry."""

from django.urls import path

from waiting_room import views

app_name = "waiting_room"
_queue = "events/<str:slug>/queue/"

urlpatterns = [
    path(_queue, views.queue_page, name="queue"),
    path(f"{_queue}entries/", views.entries, name="entries"),
    path(f"{_queue}challenge/", views.challenge, name="challenge"),
    path(f"{_queue}position/", views.position, name="position"),
    path(f"{_queue}fairness.json", views.fairness, name="fairness"),
    path(f"{_queue}order.txt", views.order, name="order"),
]
