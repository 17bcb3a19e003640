"""The processes of a voice worker."""

from __future__ import annotations

from contextlib import suppress
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
