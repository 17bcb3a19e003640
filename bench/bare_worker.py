"""A livekit-agents worker as its documentation begins one, with our built-in voice: what ours is measured against.

`python -m bench.bare_worker` with LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET set. No database, no queue.
"""

from __future__ import annotations

import asyncio
from typing import Any

from livekit.agents import Agent, AgentServer, AgentSession, JobContext, JobProcess, WorkerOptions, inference, llm

from voicebot.offline.llm import RulesLLM, decide
from voicebot.offline.recognition import recogniser
from voicebot.offline.stt import OfflineSTT
from voicebot.offline.tts import OfflineTTS
from voicebot.receptionist.facts import CallFacts
from voicebot.receptionist.grammar import grammar_phrases

NAME = "bare"
REGISTERED = "registered worker"
WELCOME = "Hello, this is the automated assistant of Demo Company. I am an AI, and a person is always available."
PHRASES = {"person": ("talk to a human",), "yes": ("yes please",), "bye": ("goodbye",)}


def prewarm(process: JobProcess) -> None:
    """The models, loaded before there is a call, as the documentation advises."""
    recogniser()
    process.userdata["vad"] = inference.VAD()
    process.userdata["quick vad"] = inference.VAD(min_silence_duration=0.2)
    # The rules and what they import, which is a second and more: not of livekit-agents' making.
    said = llm.ChatContext()
    said.add_message(role="user", content="hello")
    decide(FACTS, said)


FACTS = CallFacts("", "Demo Company", "en")


def session_of(way: str, warm: dict[str, Any]) -> AgentSession[None]:
    """Empty: as the documentation begins one, and it answers nothing. `bare`, `tuned`: see `bench.turns`."""
    if not way:
        return AgentSession(stt=OfflineSTT(PHRASES), tts=OfflineTTS(language="en"), vad=warm["vad"])
    turn_handling: dict[str, Any] = {"turn_detection": "vad"}
    if way == "tuned":
        turn_handling["endpointing"] = {"mode": "fixed", "min_delay": 0.05}
        turn_handling["preemptive_generation"] = {"enabled": True, "preemptive_tts": True}
    return AgentSession(
        stt=OfflineSTT(grammar_phrases(FACTS)),
        llm=RulesLLM(lambda: FACTS),
        tts=OfflineTTS(language="en"),
        vad=warm["quick vad" if way == "tuned" else "vad"],
        turn_handling=turn_handling,  # type: ignore[arg-type]
    )


async def entrypoint(ctx: JobContext) -> None:
    """Join, listen, greet."""
    await ctx.connect()
    session = session_of(ctx.job.metadata, ctx.proc.userdata)
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
