"""The two kinds of ears there are: the built-in recogniser of known phrases, and any recogniser of free text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from livekit import rtc
from livekit.agents import APIConnectOptions, stt

from voicebot.offline.recognition import LANGUAGE
from voicebot.offline.stt import OfflineSTT
from voicebot.turn_taking.completeness import wait_for_phrase, wait_for_text
from voicebot.turn_taking.config import TurnTaking
from voicebot.turn_taking.ears import Ears, Heard, Samples

_ONCE = APIConnectOptions(max_retry=0)


@dataclass(frozen=True, slots=True)
class PhraseEars:
    """The built-in recogniser: a phrase it knows is a sentence. `asked`: a question of ours is open."""

    recogniser: OfflineSTT
    config: TurnTaking
    language: Callable[[], str]
    asked: Callable[[], bool]

    def follow(self, samples: Samples, *, anew: bool) -> None:
        self.recogniser.follow(samples, anew=anew)

    async def hear(self, frame: rtc.AudioFrame) -> Heard:
        known = await self.recogniser.hear(frame, followed=True)
        sure = self.language() == LANGUAGE
        wait = wait_for_phrase(self.config, known.text, self.recogniser.phrases, asked=self.asked(), sure=sure)
        return Heard(known.text, LANGUAGE, wait, known)

    def turn_over(self, heard: Heard, *, speech: float, over_us: bool) -> None:
        # A noise or an aside over our own words needs no answer; a whole sentence was meant for us.
        if heard.known.rejected and (not over_us or speech >= self.config.meant):
            self.recogniser.emit("not_understood", heard.known)


@dataclass(frozen=True, slots=True)
class TextEars:
    """A recogniser of free text; `language` is the call's, where it does not say which it heard."""

    recogniser: stt.STT[Any]
    config: TurnTaking
    language: Callable[[], str]
    asked: Callable[[], bool]

    def follow(self, samples: Samples, *, anew: bool) -> None:
        """Nothing: it is sent as a whole."""

    async def hear(self, frame: rtc.AudioFrame) -> Heard:
        event = await self.recogniser.recognize([frame], conn_options=_ONCE)
        said: Sequence[stt.SpeechData] = event.alternatives
        text = said[0].text.strip() if said else ""
        language = self.language()
        wait = wait_for_text(self.config, text, language, asked=self.asked())
        return Heard(text, language, wait)

    def turn_over(self, heard: Heard, *, speech: float, over_us: bool) -> None:
        """Nothing: what is not text was no speech."""


def ears_for(
    recogniser: stt.STT[Any], config: TurnTaking, *, language: Callable[[], str], asked: Callable[[], bool]
) -> Ears:
    """The ears of a call."""
    if isinstance(recogniser, OfflineSTT):
        return PhraseEars(recogniser, config, language, asked)
    return TextEars(recogniser, config, language, asked)
