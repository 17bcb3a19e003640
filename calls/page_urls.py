"""Addresses of the customer's pages."""

from django.urls import path

from calls import pages

app_name = "calls"

urlpatterns = [
    path("", pages.home, name="home"),
    path("callcenter/", pages.landing, name="landing"),
    path("callcenter/call-with-audio", pages.call_with_audio, name="call-with-audio"),
    path("call", pages.call_with_video, name="call-with-video"),
]
