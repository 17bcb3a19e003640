"""When to be called back, said aloud: what the built-in recogniser makes of it, and what is promised."""

import pytest
from django.conf import settings

from tests.voicebot.in_memory import call_in_memory
from tests.voicebot.receptionist.cast import carol
from tests.voicebot.receptionist.fakes import FakeGateway
from tests.voicebot.receptionist.test_wished_times import KNOWN, at
from tests.voicebot.spoken_set import VOICES
from voicebot.offline.espeak import SAMPLE_RATE
from voicebot.offline.recognition import Recogniser
from voicebot.offline.speech import samples_of
from voicebot.providers.config import config_from
from voicebot.receptionist.grammar import grammar_phrases


@pytest.mark.nightly
@pytest.mark.slow
def test_at_least_85_percent_of_the_times_are_heard_as_they_were_said_and_few_as_another() -> None:
    ear, known = Recogniser(), grammar_phrases(carol(**KNOWN))
    ear.prepare(known)
    said = [(text, voice) for text in known["callback_time"] for voice in VOICES]
    heard = [ear.recognise(samples_of(text, "en", voice), SAMPLE_RATE, known).text for text, voice in said]
    right = sum(text == found for (text, _), found in zip(said, heard, strict=True))
    others = sum(found in known["callback_time"] for found in heard) - right
    assert right / len(said) >= 0.85
    # It is read back before it is stored.
    assert others / len(said) <= 0.10


async def test_a_spoken_time_is_read_back_and_promised_when_a_spoken_yes_says_so() -> None:
    gateway = FakeGateway(carol(**KNOWN))
    async with call_in_memory(config_from(settings), gateway) as call:
        call.microphone.speak("call me tomorrow at ten")
        await call.until(lambda: "tomorrow at 10 in the morning" in call.said())
        assert gateway.callbacks == []
        call.microphone.speak("yes please")
        await call.until(lambda: gateway.callbacks)
    assert gateway.due == [at(23, 10)]
