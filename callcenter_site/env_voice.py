"""What the environment says of the voice: turn-taking, patience, and who stands in for whom."""

from __future__ import annotations

from typing import Final

from callcenter_site.env_reader import Reader
from voicebot.providers.spares import NAMES, Part, Spare, spares_of
from voicebot.providers.table import VOICES
from voicebot.turn_taking.config import BUILT_IN, tuned

REALTIME_EARS: Final = ("auto", "model", "openai")


def realtime_ears(r: Reader) -> str:
    """Who writes down what a realtime model hears."""
    ears = r.choice("REALTIME_STT", "auto", REALTIME_EARS)
    if ears == "openai" and not r.has("STT_BASE_URL"):
        r.require("REALTIME_STT=openai", ("OPENAI_API_KEY",))
    return ears


def silence(r: Reader) -> tuple[int, int, int]:
    """When a quiet caller is asked, is asked again, and the call ends."""
    given = r.names("SILENCE_SECONDS", ["20", "50", "300"])
    numbers = [int(item) for item in given if item.isascii() and item.isdigit() and len(item) <= 4]
    if len(numbers) != 3 or len(given) != 3 or not 0 < numbers[0] < numbers[1] < numbers[2]:
        r.wrong("SILENCE_SECONDS", "three growing whole numbers, such as 20,50,300")
        return 20, 50, 300
    return numbers[0], numbers[1], numbers[2]


def turn_taking(r: Reader) -> str:
    """Changes to `voicebot.turn_taking.config.TurnTaking`."""
    value = r.text("TURN_TAKING")
    try:
        tuned(BUILT_IN, value)
    except ValueError as error:
        r.wrong("TURN_TAKING", str(error))
        return ""
    return value


def fallback(r: Reader, part: Part, entries: list[str]) -> tuple[Spare, ...]:
    """Who stands in for a part of the voice, in their order; a provider's key must be there, too."""
    name = f"{part}_FALLBACK"
    try:
        found = spares_of(part, entries)
    except ValueError:
        r.wrong(name, f"{', '.join(NAMES[part])} or addresses, as model@name or model@http://host/v1, with commas")
        return ()
    for spare in found:
        if spare.needs:
            r.require(f"{name}={spare.provider}", (spare.needs,))
    return found


def stand_ins(r: Reader, entries: list[str]) -> tuple[Spare, ...]:
    """Who goes on with a call whose realtime model is lost; what each needs must be there."""
    name = "REALTIME_FALLBACK"
    try:
        found = spares_of("REALTIME", entries)
    except ValueError:
        r.wrong(name, f"{', '.join(NAMES['REALTIME'])}, or one of them as model@name, with commas")
        return ()
    for spare in found:
        r.require_part(f"{name}={spare.provider}", VOICES[spare.provider])
    return found
