"""A Django of one view, served as ours is: `daphne bench.bare_site:application`."""

from django.conf import settings

settings.configure(ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="bench", ROOT_URLCONF="bench.bare_site")

import django  # noqa: E402

django.setup()

from django.core.asgi import get_asgi_application  # noqa: E402
from django.http import HttpRequest, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402


@csrf_exempt
def view(request: HttpRequest) -> JsonResponse:
    """An answer of one key."""
    return JsonResponse({"status": "ok"})


urlpatterns = [path("bare", view)]
application = get_asgi_application()
