"""A real LiveKit server and a real voice worker on the tests' own database."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from tools.stack import find_free_port
from tools.stack.livekit import start_livekit
from tools.stack.process import Running, start


@dataclass(frozen=True)
class VoiceStack:
    """Where the pieces are; `worker` is a process to kill."""

    url: str
    keys: tuple[str, str]
    worker: Running
    log: Path

    def has_logged(self, event: str, call_id: str) -> bool:
        """Whether the worker has said so of the call."""
        return any(f'"{event}"' in line and call_id in line for line in self.log.read_text().splitlines())


@contextmanager
def voice_stack(folder: Path, *, module: str = "voicebot.worker", **environment: str) -> Iterator[VoiceStack]:
    """Both processes, for the time of the block. `module`: the worker's."""
    keys = (settings.LIVEKIT_API_KEY, settings.LIVEKIT_API_SECRET)
    port = find_free_port(media=True)
    with (
        start_livekit(folder, port, keys=keys) as livekit,
        _worker(folder, livekit.url, module, environment) as worker,
    ):
        yield VoiceStack(livekit.url, keys, worker, folder / "logs" / "voicebot.log")


def _worker(folder: Path, url: str, module: str, environment: dict[str, str]) -> Running:
    from calls.models import Heartbeat

    def ready() -> bool:
        return Heartbeat.objects.filter(kind="voicebot").exists()

    Heartbeat.objects.filter(kind="voicebot").delete()
    return start(
        "voicebot",
        [sys.executable, "-m", module, "start"],
        url="",
        log=folder / "logs" / "voicebot.log",
        ready=ready,
        seconds=120,
        env=_environment(folder, url) | environment,
    )


def _environment(folder: Path, url: str) -> dict[str, str]:
    return os.environ | {
        "WARM_AI_CALLS": "2",
        # Calls are dispatched here; `test_worker_waiting` has those that find an AI in their room.
        "READY_AI_ROOMS": "0",
        "DJANGO_SETTINGS_MODULE": "callcenter_site.settings",
        "DATABASE_URL": database_url(connection.settings_dict),
        "LIVEKIT_URL": url,
        "WORKER_DRAIN_SECONDS": "1",
    }


def database_url(config: dict[str, Any]) -> str:
    """The tests' database as the product's setting."""
    if "sqlite3" in config["ENGINE"]:
        return f"sqlite:///{config['NAME']}"
    return f"postgres://{config['USER']}@{config['HOST']}:{config['PORT']}/{config['NAME']}"
