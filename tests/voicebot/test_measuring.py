"""A turn's times from what livekit-agents measured."""

import pytest
from livekit.agents import llm

from voicebot.behaviours.measuring import measured
from voicebot.receptionist.ports import MeasuredTurn


def turn(asked: llm.MetricsReport, reply: llm.MetricsReport, *, typed: bool = False) -> MeasuredTurn | None:
    question = llm.ChatMessage(role="user", content=["?"], metrics=asked, extra={"typed": typed}, created_at=100.0)
    answer = llm.ChatMessage(role="assistant", content=["!"], metrics=reply)
    return measured(question, answer, language="en", provider="offline")


def test_a_spoken_turn_counts_from_the_end_of_speech() -> None:
    found = turn(
        {"stopped_speaking_at": 10.0, "end_of_turn_delay": 0.25, "transcription_delay": 0.12},
        {"started_speaking_at": 10.64, "llm_node_ttft": 0.02, "tts_node_ttfb": 0.08},
    )
    assert found is not None
    assert found.channel == "voice"
    assert found.milliseconds == {"end_of_turn": 250, "stt": 120, "llm": 20, "tts": 80, "reply": 640}


def test_a_typed_turn_counts_from_the_message() -> None:
    found = turn({}, {"started_speaking_at": 100.3}, typed=True)
    assert found is not None
    assert found.channel == "typed"
    assert found.milliseconds == {"end_of_turn": None, "stt": None, "llm": None, "tts": None, "reply": 300}


@pytest.mark.parametrize(
    ("asked", "reply"),
    [({"stopped_speaking_at": 10.0}, {}), ({}, {"started_speaking_at": 10.0}),
     ({"stopped_speaking_at": 10.0}, {"started_speaking_at": 9.0})],
    ids=["nobody heard it", "not spoken", "begun before"],
)  # fmt: skip
def test_what_is_no_answer_to_the_turn_is_not_measured(asked: llm.MetricsReport, reply: llm.MetricsReport) -> None:
    assert turn(asked, reply) is None
