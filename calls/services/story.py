"""What the next person should know: the summary, the noted facts and the briefing of a call."""

from collections.abc import Iterable, Mapping
from typing import Any

from calls.models import Call
from calls.services.history import record
from calls.states import LIVE, NOTED, Resolution
from common.service import service

MAX_FACTS = 40
MAX_KEY = 60
MAX_VALUE = 500
MAX_SUMMARY = 2000


@service
def note_fact(call_id: str, key: str, value: str, *, actor: str) -> bool:
    """Keep one fact of a live call, the same key anew; False when the call is over or has too many."""
    # The row stays ours until commit, so that two facts noted at once are both kept.
    call = Call.objects.select_for_update().filter(pk=call_id, state__in=LIVE).first()
    if call is None:
        return False
    key, value = key[:MAX_KEY], value[:MAX_VALUE]
    if key not in call.facts and len(call.facts) >= MAX_FACTS:
        return False
    Call.objects.filter(pk=call_id).update(facts={**call.facts, key: value})
    record(call_id, "call.fact_noted", actor, key=key)
    return True


@service
def brief(call_id: str, *, summary: str, mood: str, briefing: dict[str, Any]) -> bool:
    """Store what the next person reads first; False when the call is over."""
    rows = Call.objects.filter(pk=call_id, state__in=LIVE)
    return rows.update(summary=summary[:MAX_SUMMARY], mood=mood, briefing=briefing) == 1


@service
def complete(call_id: str, *, resolution: Resolution, completion: dict[str, Any]) -> None:
    """Store what became of a call that has ended."""
    rows = Call.objects.filter(pk=call_id).exclude(state__in=LIVE)
    rows.update(resolution=resolution, completion=completion)


@service
def recap(call_id: str, *, words: Mapping[str, str], follow_up: Iterable[dict[str, str]]) -> bool:
    """A model's recap by language, over the rules'; False while the call is not over, or has had no words at all."""
    call = Call.objects.select_for_update().filter(pk=call_id).exclude(state__in=LIVE).first()
    if call is None or not call.completion:
        return False
    told = call.completion
    kept = [item for item in told.get("follow_up", ()) if item["kind"] != NOTED]
    Call.objects.filter(pk=call_id).update(
        completion={
            **told,
            "recap": {**told.get("recap", {}), **words},
            "follow_up": [*kept, *follow_up],
            "by": "model",
        }
    )
    return True
