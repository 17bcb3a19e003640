"""What a model says it has done, held against what rows say. Pure.

A sentence that claims a transfer, a callback or a message without a row behind it is not said: the caller hears the
question that leads to the real thing instead.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from voicebot.receptionist.facts import CALLBACK, MESSAGE, CallFacts
from voicebot.receptionist.files import kept
from voicebot.receptionist.lexicon import any_of, lexicons
from voicebot.receptionist.prompts import phrase

TRANSFER = "transfer"
_DONE = {
    TRANSFER: ("escalate_to_human", "route_to_department"),
    CALLBACK: ("request_callback",),
    MESSAGE: ("take_message",),
}
_SENTENCE = re.compile(r"[^.!?؟\n]*(?:[.!?؟]+(?=\s|$)|\n|$)\s*")
_ENDED = re.compile(r".*?(?:[.!?؟]+\s|\n)", re.DOTALL)


@kept
def _claims() -> Mapping[str, re.Pattern[str]]:
    """How each is claimed, in any language: `[claims]` of the lexicons. A model may answer in another one."""
    return {
        kind: re.compile(any_of(text for item in lexicons() for text in item.claims.get(kind, ())), re.IGNORECASE)
        for kind in _DONE
    }


def unfounded(facts: CallFacts, sentence: str, done: Iterable[str] = ()) -> str:
    """What the sentence claims without a row: "transfer", "callback" or "message"; empty: nothing."""
    if sentence.rstrip().endswith(("?", "؟")):
        return ""
    had = {*facts.done, *done}
    for kind, pattern in _claims().items():
        founded = had.intersection(_DONE[kind]) or (kind == TRANSFER and facts.waiting)
        if not founded and pattern.search(sentence):
            return kind
    return ""


def honest(facts: CallFacts, text: str, done: Iterable[str] = ()) -> str:
    """The text without claims that no row bears out; the question that leads to the real thing comes last."""
    done = tuple(done)
    sentences = [found.group() for found in _SENTENCE.finditer(text) if found.group()]
    claims = [unfounded(facts, sentence, done) for sentence in sentences]
    kind = next(filter(None, claims), "")
    if not kind:
        return text
    kept = "".join(sentence for sentence, claim in zip(sentences, claims, strict=True) if not claim).strip()
    return f"{kept} {instead(facts, kind)}".strip()


def instead(facts: CallFacts, kind: str) -> str:
    """The question that leads to what was only claimed."""
    if kind == TRANSFER:
        return phrase(facts.language, "confirm_person") if facts.departments else phrase(facts.language, "go_ahead")
    return phrase(facts.language, f"offer_{kind if kind in facts.may_leave else facts.queue_offer}")


class Spoken:
    """A reply as it streams by, sentence by sentence, without unfounded claims.

    What a tool that follows will say for itself is only left out; without one the question comes at the end.
    """

    def __init__(self, facts: Callable[[], CallFacts]) -> None:
        self.acted = False
        self._facts, self._held, self._claimed = facts, "", ""

    def take(self, piece: str) -> str:
        """The sentences that are complete with this piece, as far as they may be said."""
        self._held += piece
        said = ""
        while ended := _ENDED.match(self._held):
            self._held = self._held[ended.end() :]
            said += self._checked(ended.group())
        return said

    def end(self) -> str:
        """What is left to say."""
        rest, self._held = self._checked(self._held), ""
        return rest + (instead(self._facts(), self._claimed) if self._claimed and not self.acted else "")

    def _checked(self, sentence: str) -> str:
        kind = unfounded(self._facts(), sentence)
        self._claimed = self._claimed or kind
        return "" if kind else sentence
