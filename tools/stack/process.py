"""A server as a child process: started, waited for, stopped, its output in a file."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_PR_SET_PDEATHSIG: Final = 1
_libc: Final = ctypes.CDLL(None) if sys.platform == "linux" else None


class StackError(Exception):
    """A server did not come up; the text carries the end of its log."""


def die_with_parent() -> None:
    """Called in a child before exec: on Linux the kernel ends it when its parent is gone, however that died."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@dataclass
class Running:
    """A started server. `url` is what its clients take. Usable as a context manager."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10
    after_stop: list[Callable[[], None]] = field(default_factory=list)

    def stop(self) -> None:
        """Ends the server and all it started; twice is fine."""
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(self.stop_seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        while self.after_stop:
            self.after_stop.pop()()

    def kill(self) -> None:
        """Ends it without a chance to tidy up, as a crash would."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def start(
    name: str,
    command: Sequence[str],
    *,
    url: str,
    log: Path,
    ready: Callable[[], bool],
    seconds: float = 20,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
    cwd: Path | None = None,
) -> Running:
    """Starts the command in a process group of its own and returns once `ready()`. Raises `StackError`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call, no locks
            env=dict(env) if env is not None else None,
            user=user,
            cwd=cwd,
        )
    running = Running(name=name, url=url, process=process, log=log)
    try:
        wait_until(ready, seconds=seconds, alive=lambda: process.poll() is None)
    except TimeoutError as error:
        running.stop()
        raise StackError(f"{name} did not come up ({error}). The end of {log}:\n{tail(log)}") from error
    return running


def wait_until(
    ready: Callable[[], bool], *, seconds: float, every: float = 0.05, alive: Callable[[], bool] = lambda: True
) -> None:
    """Asks `ready` again `every` so many seconds. Raises `TimeoutError` after `seconds`, at once when not `alive`."""
    deadline = time.monotonic() + seconds
    while not ready():
        if not alive():
            raise TimeoutError("it ended by itself")
        if time.monotonic() > deadline:
            raise TimeoutError(f"no answer for {seconds:g} s")
        time.sleep(every)


def write_private(path: Path, text: str) -> None:
    """Replaces the file by one only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def tail(log: Path, lines: int = 20) -> str:
    """The last lines of a log file."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.is_file() else ""
