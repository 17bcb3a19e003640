"""Whole conversations of whatever texts: what must hold after every turn."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.voicebot.receptionist.cast import carol
from tests.voicebot.receptionist.fakes import FakeGateway
from voicebot.receptionist.conversation import Turn, converse
from voicebot.receptionist.engine import RulesEngine

_TEXTS = [
    "hi",
    "yes",
    "no",
    "thanks",
    "talk to a human",
    "billing please",
    "connect me to sales",
    "opening hours",
    "call me back",
    "carol@example.com",
    "leave a message",
    "my parcel is late",
    "blah",
    "goodbye",
    "in Arabic please",
    "say that again",
    "how long",
    "never mind",
    "leave the queue",
    "are you a robot",
    "مرحبا",
    "نعم",
    "لا",
    "أريد موظف",
    "متى تفتحون",
    "الفواتير",
    "اتصلوا بي",
    "رسالة",
    "مع السلامة",
    "بالإنجليزية",
    "كم الوقت",
]
_KNOWN = {
    "unknown",
    "escalated",
    "routed",
    "callback_requested",
    "message_taken",
    "ended",
    "language_changed",
    "fact_noted",
    "detail_kept",
    "left_queue",
    "asked",
}


async def _talk(gateway: FakeGateway, texts: list[str]) -> list[Turn]:
    turns = []
    for text in texts:
        if gateway.call.over:
            break
        turns.append(await converse(gateway, RulesEngine(), "call1", text))
    return turns


@settings(max_examples=120)
@given(st.lists(st.sampled_from(_TEXTS) | st.text(min_size=1, max_size=30), max_size=12), st.sampled_from(["en", "ar"]))
def test_every_text_has_its_reply_and_every_promise_its_deed(texts, language):
    gateway = FakeGateway(carol(language))
    turns = asyncio.run(_talk(gateway, texts))
    actions = [action for turn in turns for action in turn.actions]
    assert all(turn.reply for turn in turns)
    assert [line.speaker for line in gateway.lines] == ["customer", "ai"] * len(turns)
    assert [line.text for line in gateway.lines[1::2]] == [turn.reply for turn in turns]
    assert set(actions) <= _KNOWN
    # Who waits already and names a department is routed there: a transfer, too, but no new one.
    asked, moved = actions.count("escalated"), actions.count("routed")
    assert asked <= len(gateway.escalations) <= asked + moved
    assert asked <= 1 + gateway.left
    assert actions.count("callback_requested") == len(gateway.callbacks)
    # The same message left again is told to be stored, and is.
    assert actions.count("message_taken") >= len(gateway.messages) == len(set(gateway.messages))
    assert ("message_taken" in actions) == bool(gateway.messages)
    assert ("detail_kept" in actions) <= ("email" in gateway.facts_noted)
    assert ("ended" in actions) == (gateway.ended == 1) == gateway.call.over
    assert all(turn.language in ("en", "ar") for turn in turns)
