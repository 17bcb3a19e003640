"""Whether the parts this product stands on answer."""

from collections.abc import Callable
from datetime import timedelta

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from calls.models import Heartbeat
from calls.telephony import telephony
from common import clock

logger = structlog.get_logger(__name__)


def checks() -> dict[str, str]:
    """`{"database": "ok" | "<what is wrong>", "redis": …, "livekit": …, "voicebot": …, "celery": …}`."""
    return {name: _outcome(name, probe) for name, probe in _PROBES.items()}


def _outcome(name: str, probe: Callable[[], str]) -> str:
    try:
        return probe()
    # Whatever a client library raises, the page must answer and say so; the log has the rest.
    except Exception as error:  # noqa: BLE001
        logger.warning("health check failed", check=name, error=repr(error))
        return "unreachable"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _redis() -> str:
    cache.set("health", "ok", 10)
    return "ok" if cache.get("health") == "ok" else "does not remember"


def _livekit() -> str:
    telephony().rooms(["health"])
    return "ok"


def _heartbeat(kind: str) -> str:
    since = clock.now() - timedelta(seconds=settings.HEARTBEAT_SECONDS)
    return "ok" if Heartbeat.objects.filter(kind=kind, seen_at__gte=since).exists() else "no sign of life"


_PROBES: dict[str, Callable[[], str]] = {
    "database": _database,
    "redis": _redis,
    "livekit": _livekit,
    "voicebot": lambda: _heartbeat("voicebot"),
    "celery": lambda: _heartbeat("celery"),
}
