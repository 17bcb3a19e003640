"""The `supervisor` library in the foreground: restarts what dies, prefixes what is said, leaves nothing behind."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from supervisor import events
from supervisor.medusa.asyncore_25 import ExitNow
from supervisor.options import ServerOptions
from supervisor.states import SupervisorStates
from supervisor.supervisord import Supervisor

from tools.stack.process import die_with_parent

_COLOURS: Final = (36, 32, 33, 35, 34, 96, 92, 93, 95, 94)
# This step speaks to the person at the terminal: its lines are not prefixed.
_PLAIN: Final = "announce"


class _Options(ServerOptions):  # type: ignore[misc]
    def setpgrp(self) -> None:
        """Runs in each child before exec."""
        super().setpgrp()
        die_with_parent()


class _Console:
    """Whole lines to stdout, each with the name of who said it. A reader that went away is not an error."""

    def __init__(self, names: Sequence[str]) -> None:
        self._width = max(map(len, names))
        self._colours = dict(zip(names, _COLOURS * 2, strict=False)) if sys.stdout.isatty() else {}
        self._partial: dict[str, bytes] = {}
        self._gone = False

    def said(self, name: str, data: bytes) -> None:
        *lines, self._partial[name] = (self._partial.get(name, b"") + data).split(b"\n")
        for line in lines:
            self.line(name, line.decode(errors="replace").rstrip("\r"))

    def line(self, name: str, text: str) -> None:
        self._write(text if name == _PLAIN else f"{self._prefix(name)} {text}")

    def _prefix(self, name: str) -> str:
        label = f"{name:<{self._width}} |"
        return f"\x1b[{self._colours[name]}m{label}\x1b[0m" if name in self._colours else label

    def _write(self, text: str) -> None:
        if self._gone:
            return
        try:
            print(text, flush=True)
        except OSError:
            self._gone = True


class _Stack(Supervisor):  # type: ignore[misc]
    """Starts programs in steps and hears what happens to them through the library's own events."""

    def __init__(self, options: ServerOptions, after: Mapping[str, Sequence[str]]) -> None:
        super().__init__(options)
        self._after = after
        names = [part.name for group in options.process_group_configs for part in group.process_configs]
        self._console = _Console(names)
        self._groups: set[int] = set()
        self.failed: str | None = None

    def runforever(self) -> None:
        # Only here: the library forgets all subscriptions when it starts.
        events.subscribe(events.ProcessLogEvent, self._on_log)
        events.subscribe(events.ProcessStateRunningEvent, self._on_running)
        events.subscribe(events.ProcessStateExitedEvent, self._on_exited)
        events.subscribe(events.ProcessStateBackoffEvent, self._on_backoff)
        events.subscribe(events.SupervisorStoppingEvent, self._on_stopping)
        # The library's loop would wait a second before it looks for what is to be started.
        for group in self.process_groups.values():
            group.transition()
        super().runforever()

    def kill_leftovers(self) -> None:
        """Every process leads a group: whatever one of them started and left is in it."""
        for group in self._groups:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)

    def _on_log(self, event: Any) -> None:
        self._console.said(event.process.config.name, event.data)

    def _on_running(self, event: Any) -> None:
        self._groups.add(event.process.pid)

    def _on_exited(self, event: Any) -> None:
        name = event.process.config.name
        if name not in self._after:
            self._console.line(name, f"ended ({_how(event.process)}); starting it again")
        elif event.expected:
            for following in self._after[name]:
                self._process(following).spawn()
        else:
            self.failed = name
            self.options.mood = SupervisorStates.SHUTDOWN

    def _process(self, name: str) -> Any:
        return next(group.processes[name] for group in self.process_groups.values() if name in group.processes)

    def _on_backoff(self, event: Any) -> None:
        self._console.line(event.process.config.name, "ended at once; trying again in a moment")

    def _on_stopping(self, _event: Any) -> None:
        self._console.line("announce", "\nStopping …")


def _how(process: Any) -> str:
    return f"exit status {process.exitstatus}" if process.exitstatus is not None else "killed"


def supervise(config: Path, after: Mapping[str, Sequence[str]]) -> str | None:
    """Runs until a signal asks to stop. Returns the name of the step that failed, None after an ordinary stop."""
    options = _Options()
    options.realize(["-c", str(config), "-n"], doc="make run")
    options.first, options.test = True, False
    stack = _Stack(options, after)
    try:
        stack.main()
    except ExitNow:
        pass
    finally:
        stack.kill_leftovers()
        options.close_logger()
    return stack.failed
