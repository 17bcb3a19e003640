"""HTTP and WebSockets of one process."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter_site.settings")
django_application = get_asgi_application()

# Django must be set up before anything that imports models.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.sessions import CookieMiddleware  # noqa: E402

from callcenter_site.routing import websocket_urlpatterns  # noqa: E402
from common.consumers import OriginGate, SessionReader  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": OriginGate(CookieMiddleware(SessionReader(URLRouter(websocket_urlpatterns)))),
    }
)
