"""The processes of a voice worker."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from voicebot.naming import call_name


def voice_worker(var_dir: Path) -> psutil.Process:
    """The product's voice worker with that state."""
    for process in psutil.process_iter(["cmdline", "environ"]):
        mine = (process.info["environ"] or {}).get("VAR_DIR") == str(var_dir)
        if mine and "voicebot.worker" in (process.info["cmdline"] or []):
            return process
    raise LookupError(f"no voice worker of {var_dir} runs")


def call_processes(worker: psutil.Process, call_id: str = "") -> list[psutil.Process]:
    """Those of the product's worker that have a call, or that call; others wait for one."""
    found = []
    for child in worker.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if child.name().startswith(call_name(call_id)):
                found.append(child)
    return found


def job_processes(worker: psutil.Process, livekit_port: int) -> list[psutil.Process]:
    """Its processes that are in a room: they hold a connection to LiveKit, the idle ones none."""
    found = []
    for child in worker.children(recursive=True):
        try:
            links = child.net_connections("tcp")
        except psutil.NoSuchProcess:
            continue
        if any(link.raddr and link.raddr.port == livekit_port for link in links):
            found.append(child)
    return found


def processor_seconds(worker: psutil.Process) -> float:
    """Processor time of the worker and all its processes so far."""
    total = 0.0
    for process in (worker, *worker.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


@contextmanager
def one_core_for(worker: psutil.Process) -> Iterator[None]:
    """The worker and all its processes alone on one of the machine's cores, this process and all others of it on the
    rest; whoever is made meanwhile is where his parent is."""
    cores = os.sched_getaffinity(0)
    own = {max(cores)}
    inside = {each.pid for each in (worker, *worker.children(recursive=True))}
    tree = [psutil.Process(), *psutil.Process().children(recursive=True)]
    try:
        for process in tree:
            _keep_on(process, own if process.pid in inside else (cores - own) or cores)
        yield
    finally:
        for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
            _keep_on(process, cores)


def _keep_on(process: psutil.Process, cores: set[int]) -> None:
    """Every thread of it: the kernel knows no processes here."""
    with suppress(psutil.NoSuchProcess, ProcessLookupError):
        for thread in process.threads():
            with suppress(ProcessLookupError):
                os.sched_setaffinity(thread.id, cores)
