"""Another AI in the middle of a call: it says again who it is, and goes on from what is stored."""

from dataclasses import dataclass, field

from django.conf import settings

from calls.states import Speaker
from tests.voicebot.in_memory import MemoryCall, call_in_memory
from tests.voicebot.receptionist.cast import carol
from tests.voicebot.receptionist.fakes import FakeGateway
from voicebot.behaviours.welcome import welcome
from voicebot.providers.config import config_from
from voicebot.receptionist.ports import Line

DISCLOSURE = "this is still the AI assistant of Acme"
ANSWER = "We are open from nine to five."


@dataclass
class Resumed(FakeGateway):
    """A call that has been welcomed; the last lines are given."""

    welcomes: list[int] = field(default_factory=list)

    async def welcomed(self, call_id: str, epoch: int) -> None:
        self.welcomes.append(epoch)


def after(*lines: tuple[Speaker, str]) -> Resumed:
    stored = [Line(str(number), speaker, text, "en") for number, (speaker, text) in enumerate(lines)]
    return Resumed(call=carol(resumed=True), lines=stored)


async def heard(call: MemoryCall, words: str) -> None:
    welcome(call)
    await call.until(lambda: words in call.said())
    assert DISCLOSURE in call.answers()[-2]


async def test_a_question_the_one_before_left_unanswered_is_answered_after_the_disclosure() -> None:
    gateway = after((Speaker.AI, "How can I help you today?"), (Speaker.CUSTOMER, "do you sell to other countries"))
    async with call_in_memory(config_from(settings), gateway) as call:
        await heard(call, "I did not understand that")


async def test_after_an_answer_the_caller_is_asked_to_go_on() -> None:
    gateway = after((Speaker.CUSTOMER, "what are your opening hours"), (Speaker.AI, ANSWER))
    async with call_in_memory(config_from(settings), gateway) as call:
        await heard(call, "Please go on")


async def test_what_was_said_to_a_person_is_not_ours_to_answer() -> None:
    gateway = after((Speaker.CUSTOMER, "what are your opening hours"), (Speaker.AGENT, "Let me look."))
    async with call_in_memory(config_from(settings), gateway) as call:
        await heard(call, "Please go on")
