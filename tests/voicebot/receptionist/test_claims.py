"""'Done' is only said when a row says so."""

import pytest

from calls.states import CallState
from tests.voicebot.receptionist.cast import carol
from tests.voicebot.receptionist.fakes import FakeGateway, ScriptedEngine
from voicebot.receptionist.chat import Decision
from voicebot.receptionist.claims import Spoken, honest, unfounded
from voicebot.receptionist.conversation import converse
from voicebot.receptionist.prompts import phrase


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("I am transferring you to billing now.", "transfer"),
        ("I'll connect you with a colleague.", "transfer"),
        ("You are now in the queue.", "transfer"),
        ("Your callback has been scheduled for tomorrow.", "callback"),
        ("We will call you back.", "callback"),
        ("I have passed on your message.", "message"),
        ("سأحولك إلى قسم الفواتير الآن.", "transfer"),
        ("جاري تحويلك.", "transfer"),
        ("سنعاود الاتصال بك غدًا.", "callback"),
        ("تم حفظ رسالتك.", "message"),
        ("Shall I put you through?", ""),
        ("هل تريد أن أحولك؟", ""),
        ("We are open from nine to five.", ""),
        ("You can leave a message.", ""),
        ("Let me explain how to connect your printer.", ""),
    ],
)
def test_a_claim_without_a_row_is_recognised(sentence: str, kind: str) -> None:
    assert unfounded(carol(), sentence) == kind


def test_what_rows_bear_out_may_be_said() -> None:
    assert unfounded(carol(done=frozenset({"take_message"})), "Your message has been sent.") == ""
    assert unfounded(carol(), "I have taken your message.", ("take_message",)) == ""
    assert unfounded(carol(state=CallState.WAITING), "You are in the queue.") == ""


def test_the_rest_is_kept_and_the_question_comes_last() -> None:
    told = honest(carol(), "I understand. I am transferring you now. One moment.")
    assert told == f"I understand. One moment. {phrase('en', 'confirm_person')}"


async def test_a_model_that_only_says_it_does_not_get_away_with_it() -> None:
    engine = ScriptedEngine([Decision("All right, your callback has been booked for tomorrow.")])
    turn = await converse(FakeGateway(), engine, "call1", "can somebody ring me tomorrow at noon or so")
    assert turn.reply == phrase("en", "offer_callback")


def said(*pieces: str, tool: bool = False) -> str:
    stream = Spoken(carol)
    told = "|".join(stream.take(piece) for piece in pieces)
    stream.acted = tool
    return f"{told}|{stream.end()}"


def test_a_spoken_claim_before_its_tool_is_left_to_the_tool() -> None:
    assert said("Of course. I am trans", "ferring you now.", tool=True) == "Of course. ||"


def test_a_spoken_claim_without_a_tool_becomes_the_question() -> None:
    assert said("I am transferring ", "you now.") == f"||{phrase('en', 'confirm_person')}"


def test_what_claims_nothing_is_spoken_as_it_comes() -> None:
    assert said("We are open. Come", " in.") == "We are open. ||Come in."
