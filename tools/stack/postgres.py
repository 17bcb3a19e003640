"""A throw-away PostgreSQL for tests: the newest installed one, else the one the pgserver wheel carries."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from tools.stack.ports import HOST, find_free_port
from tools.stack.process import Running, StackError, start

_INSTALLED = Path("/usr/lib/postgresql")


def postgres_programs() -> Path:
    """The folder with `initdb` and `postgres`. Raises `StackError` where there is none."""
    on_path = shutil.which("initdb")
    if on_path and shutil.which("postgres"):
        return Path(on_path).parent
    versions = [path for path in _INSTALLED.glob("*/bin") if (path / "initdb").is_file()]
    if versions:
        return max(versions, key=lambda path: float(path.parent.name))
    carried = _carried_by_the_wheel()
    if carried is None:
        raise StackError(
            "The tests need PostgreSQL. Debian: apt install postgresql; or have initdb and postgres on PATH"
        )
    return carried


def start_postgres(var_dir: Path, port: int | None = None) -> Running:
    """A fresh cluster, gone when stopped; its `url` is a DATABASE_URL. Written for speed, not safety."""
    user = _unprivileged()
    home = Path(tempfile.mkdtemp(prefix="callcenter-postgres-"))
    try:
        programs = _reachable(postgres_programs(), home, user)
        data = home / "data"
        data.mkdir(mode=0o700)
        if user:
            for path in (home, data):
                shutil.chown(path, user)
        _initialise(programs, data, user)
        port = port or find_free_port()
        running = start(
            "postgres",
            [str(programs / "postgres"), "-D", str(data), *_options(port, home)],
            url=f"postgres://postgres@{HOST}:{port}/postgres",
            log=var_dir / "logs" / "postgres.log",
            ready=lambda: _accepts(port),
            user=user,
            cwd=home,
        )
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise
    running.stop_signal = signal.SIGINT  # its "fast" shutdown: clients are disconnected
    running.after_stop.append(lambda: shutil.rmtree(home, ignore_errors=True))
    return running


def _options(port: int, home: Path) -> list[str]:
    settings = {
        "port": str(port),
        "listen_addresses": HOST,
        "unix_socket_directories": str(home),
        "max_connections": "200",
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        # Tables without statistics look large to the planner: compiling a query costs more than the query.
        "jit": "off",
    }
    return [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]


def _initialise(programs: Path, data: Path, user: str | None) -> None:
    command = [str(programs / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
    done = subprocess.run(
        [*command, "--no-sync", "--locale=C"], capture_output=True, text=True, check=False, user=user, cwd=data
    )
    if done.returncode:
        raise StackError(f"initdb failed:\n{done.stdout}{done.stderr}")


def _accepts(port: int) -> bool:
    """PostgreSQL answers the request for encryption with one letter as soon as it serves."""
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection:
            connection.sendall(b"\x00\x00\x00\x08\x04\xd2\x16\x2f")
            return connection.recv(1) in {b"S", b"N"}
    except OSError:
        return False


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root: then it runs as another user."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _reachable(programs: Path, home: Path, user: str | None) -> Path:
    """The programs, or a copy of the installation where that user may not go where they lie (as under /root)."""
    if user is None or all(path.stat().st_mode & 0o001 for path in (programs, *programs.parents)):
        return programs
    copy = home / "programs"
    shutil.copytree(programs.parent, copy, symlinks=True)
    home.chmod(0o755)
    return copy / "bin"


def _carried_by_the_wheel() -> Path | None:
    # Looked for, not imported: the import has side effects under the home folder.
    found = importlib.util.find_spec("pgserver")
    if found is None or found.origin is None:
        return None
    return Path(found.origin).parent / "pginstall" / "bin"
