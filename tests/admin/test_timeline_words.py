"""Every kind of row a call's history can have is told in words."""

import re
from pathlib import Path

import pytest

from calls.states import CallState, ToolOutcome
from queueing.states import CALLBACK, EntryState, OfferState, TransferState
from queueing.timeline import WORDS

ROOT = Path(__file__).resolve().parents[2]
# What a transition writes: `<thing>.<state>`.
OF_STATES = [
    *(f"call.{state}" for state in CallState),
    *(f"entry.{state}" for state in EntryState),
    *(f"offer.{state}" for state in OfferState),
    *(f"transfer.{state}" for state in TransferState),
    *(f"callback.{state}" for state in CALLBACK.table),
    *(f"tool.{state}" for state in ToolOutcome),
]
_WRITTEN = re.compile(r'record\([^"]*?"([a-z_]+\.[a-z_]+)"', re.DOTALL)


def kinds_in_the_code() -> set[str]:
    """The kinds that services name where they record them."""
    sources = [
        path.read_text(encoding="utf-8") for app in ("calls", "queueing") for path in (ROOT / app).glob("services/*.py")
    ]
    return {kind for source in sources for kind in _WRITTEN.findall(source)}


@pytest.mark.parametrize("kind", OF_STATES)
def test_every_state_has_words(kind: str) -> None:
    assert kind in WORDS


def test_every_kind_that_services_record_has_words() -> None:
    written = kinds_in_the_code()
    assert {"call.ended", "ai.live", "offer.accepted"} <= written
    assert written - set(WORDS) == set()
