"""The voice worker: `python -m voicebot.worker start`. One process for each call, warm ones in reserve."""

import asyncio
import logging
import os
import signal
import socket
import sys
import time

import structlog
from django.conf import settings
from livekit.agents import AgentServer, JobContext, JobProcess, JobRequest, WorkerOptions
from livekit.agents.ipc.log_queue import LogQueueHandler
from livekit.agents.utils.hw.cpu import get_cpu_monitor

# First: it sets Django up.
import voicebot.bootstrap  # noqa: F401
from calls.states import Role
from voicebot.gateway import DjangoGateway, keep_connections
from voicebot.hurry import announce, is_hurried, mind_who_waits
from voicebot.keeping_rooms import Rooms
from voicebot.memory import measure_only_the_large
from voicebot.providers.config import config_from
from voicebot.providers.voices import prewarm
from voicebot.receptionist.ports import GatewayError
from voicebot.rehearsal import rehearse
from voicebot.session import Assignment, answer_call
from voicebot.standing_by import stand_by

logger = structlog.get_logger(__name__)

_HEARTBEAT_SECONDS = 5.0
# Seconds. Nobody calls while the worker starts.
_STARTING = 15.0
_OUT_OF_THE_WAY = 0.7
_LOOK = 0.2
_BUSY = 0.8
_LONGEST_WAIT = 2.5
_DRAIN_SECONDS = int(os.environ.get("WORKER_DRAIN_SECONDS", "20"))


def setup_process(proc: JobProcess) -> None:
    """In each warm process, before it has a call."""
    _log_here()
    keep_connections()
    _wait_for_a_quiet_moment()
    config = config_from(settings)
    proc.userdata["config"] = config
    proc.userdata.update(prewarm(config))
    # Who waits for this very process is heard sooner without.
    proc.userdata["kept"] = None if is_hurried() else rehearse()


def _wait_for_a_quiet_moment() -> None:
    """It is made when a call takes the one before it, and would take that call's first second from it."""
    # Imported by the fork server when the worker started, and nowhere else.
    from voicebot.preload import BEGUN

    if time.monotonic() < BEGUN + _STARTING:
        return
    begun = time.monotonic()
    # Many calls that begin at once need all the processors there are, and have taken those that were warm.
    while (waited := time.monotonic() - begun) < _LONGEST_WAIT and not is_hurried():
        if waited < _OUT_OF_THE_WAY:
            time.sleep(_LOOK)
        elif get_cpu_monitor().cpu_percent(interval=_LOOK) <= _BUSY:
            return


def _log_here() -> None:
    """Write this process's own lines: sent to the worker's, structlog's would arrive there as mere text."""
    root = logging.getLogger()
    for handler in [found for found in root.handlers if isinstance(found, LogQueueHandler)]:
        root.removeHandler(handler)


async def accept(request: JobRequest) -> None:
    """Take the job under the call's own AI identity, so that a newer AI evicts the ghost of an older one."""
    try:
        assignment = Assignment.parse(request.job.metadata)
    except ValueError:
        logger.warning("job refused", job_id=request.job.id)
        await request.reject()
        return
    await request.accept(identity=f"ai_{assignment.call_id}", name="AI", attributes={"role": Role.AI.value})


async def entrypoint(ctx: JobContext) -> None:
    """A call."""
    await answer_call(ctx, DjangoGateway())


def make_server() -> tuple[AgentServer, Rooms]:
    """The worker, not yet running, and the rooms it will keep."""
    kept: list[Rooms] = []

    def load(_: AgentServer) -> float:
        """Calls in hand, as a share of what this machine may take."""
        return min(1.0, kept[0].calls / max(1, settings.MAX_AI_CALLS))

    server = AgentServer.from_server_options(
        WorkerOptions(
            entrypoint_fnc=entrypoint,
            request_fnc=accept,
            prewarm_fnc=setup_process,
            load_fnc=load,
            # Full at MAX_AI_CALLS, not at a share of it; the web side counts, too.
            load_threshold=0.999,
            # The fork server imports everything first, and a starting machine has much else to do.
            initialize_process_timeout=60.0,
            num_idle_processes=settings.WARM_AI_CALLS,
            agent_name=settings.LIVEKIT_AGENT_NAME,
            ws_url=settings.LIVEKIT_URL,
            api_key=settings.LIVEKIT_API_KEY,
            api_secret=settings.LIVEKIT_API_SECRET,
            host="127.0.0.1",
            port=0,
            drain_timeout=_DRAIN_SECONDS,
            preload_modules=["voicebot.preload"],
            # Of what a job alone uses; it is killed, its lease runs out, and another AI goes on with the call.
            job_memory_limit_mb=settings.AI_CALL_MEMORY_MB,
            job_memory_warn_mb=settings.AI_CALL_MEMORY_MB / 2,
        )
    )
    kept.append(Rooms(server))
    return server, kept[0]


async def run(server: AgentServer, rooms: Rooms) -> None:
    """Serve until told to stop; then take no new calls, give those in hand time, and go."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    registered = asyncio.Event()
    server.on("worker_registered", lambda *_: registered.set())
    running = asyncio.create_task(server.run())
    stopping = asyncio.create_task(stop.wait())
    beating = asyncio.create_task(_heartbeat(rooms, registered))
    minding = asyncio.create_task(mind_who_waits(server, announce()))
    standing_by = asyncio.create_task(_stand_by(server, rooms, registered, stop))
    try:
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            # A call that is just being taken is one of those in hand.
            await standing_by
            await _drain(server)
            await server.aclose()
        await running
    finally:
        beating.cancel()
        minding.cancel()
        stopping.cancel()
        standing_by.cancel()


async def _stand_by(server: AgentServer, rooms: Rooms, registered: asyncio.Event, stop: asyncio.Event) -> None:
    """From the moment LiveKit knows the worker: its jobs need LiveKit all the same."""
    known = asyncio.create_task(registered.wait())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({known, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for waiting in (known, stopping):
        waiting.cancel()
    await asyncio.gather(stand_by(server, lambda: rooms.calls < settings.MAX_AI_CALLS, stop), rooms.keep(stop))


async def _drain(server: AgentServer) -> None:
    try:
        await server.drain()
    except TimeoutError:
        logger.warning("calls cut short", jobs=len(server.active_jobs))


async def _heartbeat(rooms: Rooms, registered: asyncio.Event) -> None:
    """Tell the database that there is a worker, once LiveKit knows it."""
    await registered.wait()
    gateway, name = DjangoGateway(), f"{socket.gethostname()}:{os.getpid()}"
    while True:
        try:
            await gateway.worker_alive(name, jobs=rooms.calls, capacity=settings.MAX_AI_CALLS)
        except GatewayError as error:
            logger.warning("heartbeat not stored", error=repr(error))
        await asyncio.sleep(_HEARTBEAT_SECONDS)


async def _serve() -> None:
    measure_only_the_large()
    await run(*make_server())


def main(arguments: list[str]) -> int:
    """The program. 2 for a wrong command."""
    if arguments != ["start"]:
        sys.stderr.write("usage: python -m voicebot.worker start\n")
        return 2
    asyncio.run(_serve())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
