"""A livekit-agents worker as its documentation begins one, with our built-in voice: what ours is measured against.

`python -m bench.bare_worker` with LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET set. No database, no queue.
"""

from __future__ import annotations

import asyncio

from livekit.agents import Agent, AgentServer, AgentSession, JobContext, JobProcess, WorkerOptions, inference

from voicebot.offline.recognition import recogniser
from voicebot.offline.stt import OfflineSTT
from voicebot.offline.tts import OfflineTTS

NAME = "bare"
REGISTERED = "registered worker"
WELCOME = "Hello, this is the automated assistant of Demo Company. I am an AI, and a person is always available."
PHRASES = {"person": ("talk to a human",), "yes": ("yes please",), "bye": ("goodbye",)}


def prewarm(process: JobProcess) -> None:
    """The models, loaded before there is a call, as the documentation advises."""
    recogniser()
    process.userdata["vad"] = inference.VAD()


async def entrypoint(ctx: JobContext) -> None:
    """Join, listen, greet."""
    await ctx.connect()
    session: AgentSession[None] = AgentSession(
        stt=OfflineSTT(PHRASES), tts=OfflineTTS(language="en"), vad=ctx.proc.userdata["vad"]
    )
    await session.start(Agent(instructions=""), room=ctx.room, record=False)
    session.say(WELCOME)


def main() -> None:
    """Serves until it is stopped."""
    options = WorkerOptions(
        entrypoint_fnc=entrypoint,
        prewarm_fnc=prewarm,
        agent_name=NAME,
        num_idle_processes=2,
        initialize_process_timeout=60.0,
        load_fnc=lambda _server: 0.0,
        host="127.0.0.1",
        port=0,
    )
    server = AgentServer.from_server_options(options)
    server.on("worker_registered", lambda *_: print(REGISTERED, flush=True))
    asyncio.run(server.run())


if __name__ == "__main__":
    main()
