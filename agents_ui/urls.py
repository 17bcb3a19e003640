"""Addresses of the desk."""

from django.urls import URLPattern, path

from agents_ui import views

app_name = "agents_ui"

urlpatterns: list[URLPattern] = [
    path("", views.desk, name="desk"),
    path("wallboard/history/", views.history, name="history"),
    path("wallboard/", views.wallboard, name="wallboard"),
    path("simulation/", views.simulation, name="simulation"),
    path("calls/<str:call_id>/story/", views.story, name="story"),
]
