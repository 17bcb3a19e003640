"""What a waiting caller is told of his place in line: better ones, each once."""

from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any

import pytest

from calls.states import CallState
from voicebot.behaviours.company import keep_company
from voicebot.receptionist.ports import Pulse
from voicebot.receptionist.prompts import improved_sentence


class Call(SimpleNamespace):
    """As much of a live call as the behaviour touches."""

    def __init__(self) -> None:
        session = SimpleNamespace(on=lambda *_: None)
        super().__init__(
            language="en", taking_turns=True, known_department="support", listeners=[], said=[], session=session
        )

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        """Neither music nor the minute's silence is looked at here."""
        work.close()

    def say(self, text: str) -> None:
        self.said.append(text)


async def hears(call: Any, *places: int, announce_seconds: int) -> None:
    """The caller's place, heartbeat by heartbeat."""
    before = None
    for position in places:
        pulse = Pulse(
            alive=True, state=CallState.WAITING, department="support", queue_position=position,
            estimated_wait=300 * position, announce_seconds=announce_seconds,
        )  # fmt: skip
        for listener in call.listeners:
            await listener(pulse, before)
        before = pulse


# Scenario 28
@pytest.mark.parametrize("announce_seconds", [0, 30])
async def test_who_is_passed_by_a_higher_priority_hears_of_better_places_only(announce_seconds: int) -> None:
    call: Any = Call()
    keep_company(call)
    await hears(call, 3, 4, 5, 4, 3, announce_seconds=announce_seconds)
    assert call.said == []
    await hears(call, 2, 2, 3, 2, 1, announce_seconds=announce_seconds)
    assert call.said == [improved_sentence("en", 2, 600), improved_sentence("en", 1, 300)]


async def test_nobody_is_told_his_place_over_a_person_who_speaks() -> None:
    call: Any = Call()
    keep_company(call)
    call.taking_turns = False
    await hears(call, 3, 2, 1, announce_seconds=0)
    assert call.said == []
