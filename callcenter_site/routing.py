"""The WebSocket addresses."""

from django.urls import URLPattern

from agents_ui.routing import websocket_urlpatterns as desk
from queueing.routing import websocket_urlpatterns as customers

websocket_urlpatterns: list[URLPattern] = [*customers, *desk]
