"""HTTP and WebSockets of one process."""

import gc
import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter_site.settings")
django_application = get_asgi_application()

# Django must be set up before anything that imports models.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.sessions import CookieMiddleware  # noqa: E402

from callcenter_site import wire  # noqa: E402
from callcenter_site.routing import websocket_urlpatterns  # noqa: E402
from common.consumers import OriginGate, SessionReader  # noqa: E402
from common.static_files import StaticFirst  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": StaticFirst(django_application),
        "websocket": OriginGate(CookieMiddleware(SessionReader(URLRouter(websocket_urlpatterns)))),
    }
)

wire.install()

# What is loaded by now lives as long as the process; walking it again and again stopped everybody for 0.2 s each time.
gc.collect()
gc.freeze()
# One event to all sockets makes more than the usual 700 objects; what a request leaves in cycles is little beside this.
gc.set_threshold(10_000, 10, 10)
