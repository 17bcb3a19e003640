"""WebSocket addresses of this app."""

from django.urls import URLPattern, re_path

from queueing.consumers import CallConsumer

websocket_urlpatterns: list[URLPattern] = [
    re_path(r"^ws/call/(?P<call_id>[A-Za-z0-9]{1,24})/$", CallConsumer.as_asgi()),
]
