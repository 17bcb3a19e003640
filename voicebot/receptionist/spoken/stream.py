"""Text for speech while it is still being written: nothing goes out that the next piece could change."""

import re
from collections.abc import AsyncIterable, AsyncIterator, Callable

from voicebot.receptionist.spoken import speak

# A word that belongs together with the next: a figure, a sign, what leads up to one.
_LEADS = re.compile(
    r"[\d@$€﷼+#%]|://|^www\.|^(?:order|invoice|ticket|reference|case|code|room|number|no\.?|the|in"
    r"|sar|sr|aed|egp|usd|eur|رقم|الرمز|المرجع|الساعة|ر\.س|د\.إ|ج\.م|ص\.|د\.|أ\.|م\.|ش\.|ت:|&|dr\.|mr\.|mrs\.|st\.)$",
    re.IGNORECASE,
)
_TOGETHER = 2  # words after a figure that may belong to it
_WORD = re.compile(r"\S+\s+")


def spoken_stream(language: Callable[[], str]) -> Callable[[AsyncIterable[str]], AsyncIterator[str]]:
    """A transform of livekit-agents' text for speech: written words in, spoken words out, two words late."""

    async def transform(text: AsyncIterable[str]) -> AsyncIterator[str]:
        held = ""
        async for piece in text:
            held += piece
            ready = _settled(held)
            if ready:
                yield speak(held[:ready], language())
                held = held[ready:]
        if held:
            yield speak(held, language())

    return transform


def _settled(text: str) -> int:
    """How many characters no later ones can change."""
    words = list(_WORD.finditer(text))
    for last in range(len(words) - 1, _TOGETHER - 1, -1):
        before = words[last - _TOGETHER : last]
        if not any(_LEADS.search(word[0].strip("([\"'«“ \n\t")) for word in before):
            return words[last].start()
    return 0
