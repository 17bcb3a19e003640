"""Which providers of the voice rest after a failure, known to all calls."""

from datetime import datetime, timedelta

from calls.models import Heartbeat
from common import clock
from common.service import service

KIND = "provider"
_LONGEST_NAME = 120
_LONGEST_ERROR = 300


@service
def tell(part: str, provider: str, *, seconds: float, error: str) -> None:
    """`part` (stt, llm, tts) of `provider` is left alone for `seconds`; for none: it is back. Kept for an hour."""
    until = clock.now() + timedelta(seconds=seconds)
    data = {"part": part, "provider": provider, "until": until.isoformat(), "error": error[:_LONGEST_ERROR]}
    name = f"{part} {provider}"[:_LONGEST_NAME]
    Heartbeat.objects.update_or_create(kind=KIND, name=name, defaults={"seen_at": clock.now(), "data": data})


def resting() -> list[tuple[str, str, float]]:
    """Part, provider and the seconds left, 0 for those that are back."""
    now = clock.now()
    rows = Heartbeat.objects.filter(kind=KIND).order_by("name")
    return [(row.data["part"], row.data["provider"], _left(row, now)) for row in rows]


def _left(row: Heartbeat, now: datetime) -> float:
    return max(0.0, (datetime.fromisoformat(row.data["until"]) - now).total_seconds())
