"""Which articles each line of the AI's cites, in a call whose lines come when they have been said."""

from collections.abc import Sequence

from voicebot.receptionist.knowing import cited
from voicebot.receptionist.ports import Passage, Source


class Citations:
    """What was looked up for the caller's last words, and for an answer that his next words cut off."""

    def __init__(self) -> None:
        self._found: tuple[Passage, ...] = ()
        self._owed: tuple[Passage, ...] = ()
        self._told = False

    def found(self, passages: Sequence[Passage]) -> None:
        """Looked up for the answer to come."""
        self._found = (*self._found, *passages)

    def asked(self) -> None:
        """The caller said something new. The answer to what he said before may be in the air: its line comes later."""
        self._owed = () if self._told else self._found
        self._found, self._told = (), False

    def told(self, text: str, *, cut_off: bool) -> tuple[Source, ...]:
        """What a line of the AI's was taken from."""
        sources = cited((*self._owed, *self._found) if cut_off else self._found, text)
        self._owed = ()
        self._told = self._told or bool(sources)
        return sources
