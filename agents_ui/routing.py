"""WebSocket addresses of this app."""

from django.urls import URLPattern, path

from agents_ui.consumers import AgentConsumer, WallboardConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("ws/agent/", AgentConsumer.as_asgi()),
    path("ws/wallboard/", WallboardConsumer.as_asgi()),
]
