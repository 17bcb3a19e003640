"""Ears and turns of a call whose hearing, thinking and speaking are parts of their own."""

from collections.abc import Callable
from typing import Any

from livekit.agents import AgentSession, TurnHandlingOptions

from voicebot.providers.voices import Voices
from voicebot.session_agent import Receptionist
from voicebot.turn_taking import config as turns
from voicebot.turn_taking.completeness import question_reached
from voicebot.turn_taking.config import TurnTaking
from voicebot.turn_taking.ears import TurnSTT
from voicebot.turn_taking.listening import ears_for


def turn_taking(voices: Voices) -> TurnTaking:
    """The numbers of the call's turns."""
    return turns.tuned(turns.BUILT_IN if voices.config.offline else turns.PAID, voices.config.turn_taking)


def turn_ears(voices: Voices, session: Callable[[], AgentSession[Any]]) -> TurnSTT:
    """The recogniser that says when the caller's turn is over. `session` is asked when somebody is heard."""
    config = turn_taking(voices)
    asked: Callable[[], bool] = lambda: _asked(session())  # noqa: E731
    ears = ears_for(voices.stt, config, language=lambda: voices.language, asked=asked)
    return TurnSTT(voices.stt, ears, config, speaking=lambda: session().current_speech is not None, asked=asked)


def turn_handling(config: TurnTaking) -> TurnHandlingOptions:
    """Turns as `turn_taking` ends them: livekit-agents' own turn detector answers 0.4 to 2 s later."""
    return {
        "turn_detection": "stt",
        "endpointing": {"mode": "fixed", "min_delay": 0.0, "max_delay": 0.0},
        "interruption": {
            "enabled": True,
            "mode": "vad",
            "min_duration": config.interrupt,
            "resume_false_interruption": True,
            "false_interruption_timeout": config.resume,
        },
        "preemptive_generation": {"enabled": True, "preemptive_tts": True},
    }


def _asked(session: AgentSession[Any]) -> bool:
    """Whether the last thing we said is a question, or what is being said has come to one."""
    agent = session.current_agent
    if session.current_speech is not None and isinstance(agent, Receptionist) and agent.saying.text:
        return question_reached(agent.saying.text, agent.saying.seconds)
    said = (item for item in reversed(session.history.items) if item.type == "message" and item.role == "assistant")
    return next((item.text_content or "" for item in said), "").rstrip().endswith(("?", "؟"))
