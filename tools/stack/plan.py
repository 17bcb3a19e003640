"""Decides what `make run` starts on this machine and where, before anything is started."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from callcenter_site.env import ROOT, Env, is_loopback
from tools.stack.livekit import livekit_answers, livekit_program
from tools.stack.ports import HOST, MEDIA_OFFSET, answers, find_free_port, is_free
from tools.stack.process import StackError
from tools.stack.redis import redis_answers, redis_url

_REDIS_PORT = 6379


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`livekit_port`, `redis_port`: where ours is to be started; None where one that runs already is used."""

    env: Env
    livekit_port: int | None
    redis_port: int | None
    redis_url: str

    @property
    def web_url(self) -> str:
        return f"http://{HOST}:{self.env.port}"

    @property
    def webhook_url(self) -> str:
        return f"{self.web_url}/api/livekit/webhook"

    def environment(self) -> dict[str, str]:
        """What every process is told, so that all of them mean the same servers."""
        env = self.env
        return {
            "VAR_DIR": str(env.var_dir),
            "PORT": str(env.port),
            "DATABASE_URL": env.database_url,
            "REDIS_URL": self.redis_url,
            "LIVEKIT_URL": env.livekit_url,
            "LIVEKIT_PUBLIC_URL": env.livekit_public_url,
            "LIVEKIT_API_KEY": env.livekit_api_key,
            "LIVEKIT_API_SECRET": env.livekit_api_secret,
            "DJANGO_SETTINGS_MODULE": "callcenter_site.settings",
            "PYTHONUNBUFFERED": "1",
            # Seven processes share what one of them has compiled.
            "PYTHONDONTWRITEBYTECODE": "",
            # Ctrl-C means now.
            "WORKER_DRAIN_SECONDS": "2",
            "PATH": os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ.get("PATH", os.defpath)]),
        }


def make_plan(env: Env) -> Plan:
    """Looks at ports and servers. Raises `StackError` naming the variable to set."""
    _check_web_port(env.port)
    redis_port, url = _redis(env)
    return Plan(env=env, livekit_port=_livekit(env), redis_port=redis_port, redis_url=url)


def is_given(name: str) -> bool:
    """True if the variable is set to something, in the environment or in `.env` (which `env.load()` has read)."""
    return bool(os.environ.get(name, "").strip())


def _check_web_port(port: int) -> None:
    if not is_free(port):
        raise StackError(_taken(port, "PORT", _next_free(port)))


def _livekit(env: Env) -> int | None:
    if not is_given("LIVEKIT_URL"):
        if not is_free(env.livekit_port, media=True):
            other = _next_free(env.livekit_port, media=True)
            raise StackError(_taken(env.livekit_port, "LIVEKIT_PORT", other, media=True))
        livekit_program()
        return env.livekit_port
    parts = urlsplit(env.livekit_url)
    secure = parts.scheme in {"wss", "https"}
    host, port = parts.hostname or HOST, parts.port or (443 if secure else 80)
    if livekit_answers(host, port, "https" if secure else "http"):
        return None
    if secure or not is_loopback(env.livekit_url):
        raise StackError(f"LIVEKIT_URL: no LiveKit server answers at {env.livekit_url}.")
    if answers(host, port) or not is_free(port, media=True):
        raise StackError(
            f"LIVEKIT_URL: port {port} (or its media port, UDP {port + MEDIA_OFFSET}) is taken by a program that is "
            "not a LiveKit server. Name another port, or a server that runs."
        )
    livekit_program()
    return port


def _redis(env: Env) -> tuple[int | None, str]:
    if not is_given("REDIS_URL"):
        port = _REDIS_PORT if is_free(_REDIS_PORT) else find_free_port()
        return port, redis_url(port)
    parts = urlsplit(env.redis_url)
    if parts.scheme == "redis" and not redis_answers(parts.hostname or HOST, parts.port or _REDIS_PORT):
        raise StackError(f"REDIS_URL: no Redis answers at {parts.hostname}:{parts.port or _REDIS_PORT}.")
    return None, env.redis_url


def _next_free(port: int, *, media: bool = False) -> int:
    candidates = range(port + 1, min(port + 200, 65000))
    return next((other for other in candidates if is_free(other, media=media)), 0) or find_free_port(media=media)


def _taken(port: int, variable: str, other: int, *, media: bool = False) -> str:
    also = f" (or its media port, UDP {port + MEDIA_OFFSET})" if media else ""
    return (
        f"Port {port}{also} is taken by another program.\n"
        f"Set {variable} to a free one, for example:  {variable}={other} make run"
    )
