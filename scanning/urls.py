from django.urls import path

from scanning import views

app_name = "scanning"

urlpatterns = [path("", views.door, name="door")]
