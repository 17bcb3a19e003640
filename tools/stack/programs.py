"""The processes of `make run`, and the supervisor's configuration made of them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tools.setup import ROOT
from tools.stack.livekit import STOP_SIGNAL as LIVEKIT_STOP_SIGNAL
from tools.stack.livekit import livekit_command, write_livekit_config
from tools.stack.plan import Plan
from tools.stack.redis import redis_command
from tools.stack.steps import prepared_fingerprint, prepared_stamp

BIN = ROOT / ".venv" / "bin"
_POOL = 40
_PAGES = ("web", "answering")
_REST = ("tasks", "beat", "voicebot", "announce")


@dataclass(frozen=True, kw_only=True)
class Program:
    """One process. A `step` runs once and must succeed; all others are started again whenever they end."""

    name: str
    command: list[str]
    step: bool = False
    waits: bool = False
    stop_signal: str = "TERM"
    stop_seconds: int = 8
    environment: tuple[str, ...] = ()


def order(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Which programs start once a step has succeeded; "" is the beginning.

    Pages come before the processes that take long to load. Where the database was prepared by an earlier run with the
    same migrations, they come before its preparation too, so that a second start shows them within seconds.
    """
    if _is_prepared(plan):
        return {"": _PAGES, "answering": ("prepare",), "prepare": _REST, "announce": ()}
    return {"": ("prepare",), "prepare": _PAGES, "answering": _REST, "announce": ()}


def _is_prepared(plan: Plan) -> bool:
    stamp = prepared_stamp(plan.env.var_dir)
    database = plan.env.database_url.removeprefix("sqlite:///")
    here = database != plan.env.database_url and Path("/", database).is_file()
    return here and stamp.is_file() and stamp.read_text() == prepared_fingerprint(plan.env.database_url)


def programs(plan: Plan, first: Sequence[str]) -> list[Program]:
    """In the order of starting. Of the product's, only those in `first` start by themselves."""
    return [*_servers(plan), *(replace(part, waits=part.name not in first) for part in _product(plan))]


def _servers(plan: Plan) -> Iterable[Program]:
    var_dir = plan.env.var_dir
    if plan.redis_port:
        yield Program(name="redis", command=redis_command(plan.redis_port, var_dir / "redis"))
    if plan.livekit_port:
        keys = (plan.env.livekit_api_key, plan.env.livekit_api_secret)
        config = write_livekit_config(var_dir / "livekit.yaml", plan.livekit_port, plan.webhook_url, *keys)
        name = LIVEKIT_STOP_SIGNAL.name.removeprefix("SIG")
        yield Program(name="livekit", command=[*_without_overrides(), *livekit_command(config)], stop_signal=name)


def _without_overrides() -> list[str]:
    """The server reads LIVEKIT_PORT and the like itself, and they would win over its file."""
    names = sorted(name for name in os.environ if name.startswith("LIVEKIT_"))
    return ["env", *(part for name in names for part in ("-u", name))]


def _product(plan: Plan) -> Iterable[Program]:
    python, celery = str(BIN / "python"), [str(BIN / "celery"), "-q", "-A", "callcenter_site"]
    daphne = [str(BIN / "daphne"), "-b", "127.0.0.1", "-p", str(plan.env.port), "-v", "0"]
    pings = ["--ping-interval", "10", "--ping-timeout", "5"]
    pool = ["--pool", "threads", "-c", "8", "--prefetch-multiplier", "1", "--without-gossip", "--without-mingle"]
    schedule = str(plan.env.var_dir / "celerybeat-schedule")
    # Web and tasks have threads and do not fork: they keep their connections to PostgreSQL.
    pooled = (f"DATABASE_POOL={plan.env.database_pool or _POOL}",)
    yield _step(python, "prepare")
    web = [*daphne, *pings, "callcenter_site.asgi:application"]
    yield Program(name="web", command=web, environment=pooled)
    yield _step(python, "answering")
    tasks = [*celery, "worker", "-Q", "celery,sweeps", *pool, "-l", "warning"]
    yield Program(name="tasks", command=tasks, environment=pooled)
    yield Program(name="beat", command=[*celery, "beat", "-s", schedule, "-l", "warning"])
    yield Program(name="voicebot", command=[python, "-m", "voicebot.worker", "start"])
    yield _step(python, "announce")


def _step(python: str, name: str) -> Program:
    return Program(name=name, command=[python, "-m", "tools.stack.steps", name], step=True)


def supervisor_config(plan: Plan, parts: list[Program]) -> str:
    """The text of supervisord.conf."""
    logs = plan.env.var_dir / "logs"
    head = {
        "nodaemon": "true",
        "silent": "true",
        "logfile": _quoted(logs / "supervisord.log"),
        "logfile_maxbytes": "5MB",
        "logfile_backups": "2",
        "loglevel": "info",
        "pidfile": _quoted(plan.env.var_dir / "supervisord.pid"),
        "nocleanup": "true",
        "directory": _quoted(ROOT),
    }
    if os.geteuid() == 0:
        head["user"] = "root"
    sections = [_section("supervisord", head)]
    for rank, part in enumerate(parts):
        sections.append(_section(f"program:{part.name}", _program(part, rank, logs)))
    # A group's programs stop together, the group with the highest number first: the product before its servers.
    product = {part.name for part in _product(plan)}
    groups = {
        "servers": [part.name for part in parts if part.name not in product],
        "product": [part.name for part in parts if part.name in product],
    }
    for rank, (name, members) in enumerate(groups.items()):
        if members:
            sections.append(_section(f"group:{name}", {"programs": ",".join(members), "priority": str(rank + 1)}))
    return "\n".join(sections)


def _program(part: Program, rank: int, logs: Path) -> dict[str, str]:
    return {
        "command": shlex.join(part.command).replace("%", "%%"),
        "directory": _quoted(ROOT),
        "environment": ",".join(part.environment),
        "priority": str(10 * (rank + 1)),
        "autostart": "false" if part.waits else "true",
        "autorestart": "false" if part.step else "true",
        "startsecs": "0" if part.step else "1",
        "startretries": "1000",
        "exitcodes": "0",
        "stopsignal": part.stop_signal,
        "stopwaitsecs": str(part.stop_seconds),
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_events_enabled": "true",
        "stdout_logfile": _quoted(logs / f"{part.name}.log"),
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": "3",
    }


def _section(name: str, values: dict[str, str]) -> str:
    return "\n".join([f"[{name}]", *(f"{key} = {value}" for key, value in values.items()), ""])


def _quoted(path: Path) -> str:
    """The configuration expands % in values."""
    return str(path).replace("%", "%%")
