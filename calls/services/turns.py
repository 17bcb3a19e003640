"""How quickly the AI answered, turn by turn."""

from django.db import IntegrityError, transaction
from django.db.models import F

from calls.models import Turn, TurnBucket
from calls.states import TurnChannel
from common.service import service

# Upper bounds in milliseconds: close together where people begin to notice (human turns lie some 200 ms apart).
BOUNDS = (100, 200, 300, 450, 600, 800, 1000, 1500, 2500, 5000, 10000, TurnBucket.EVERY)
STAGES = ("end_of_turn", "stt", "llm", "tts", "reply")
_LONGEST = 600_000


@service
def add_turn(
    call_id: str,
    *,
    key: str,
    channel: TurnChannel,
    language: str,
    provider: str,
    interrupted: bool,
    milliseconds: dict[str, int | None],
) -> Turn | None:
    """Store one turn and count it; None when that reply's is stored. `milliseconds`: by stage, `reply` among them."""
    times = {stage: min(max(0, ms), _LONGEST) for stage, ms in milliseconds.items() if ms is not None}
    try:
        with transaction.atomic():
            turn = Turn.objects.create(
                call_id=call_id,
                key=key,
                channel=channel,
                language=language,
                provider=provider,
                interrupted=interrupted,
                **{f"{stage}_ms": ms for stage, ms in times.items()},
            )
    except IntegrityError:
        return None
    for stage, ms in sorted(times.items()):
        _count(turn, stage, ms)
    return turn


def _count(turn: Turn, stage: str, ms: int) -> None:
    kind = {"provider": turn.provider, "language": turn.language, "channel": turn.channel, "stage": stage}
    fitting = TurnBucket.objects.filter(**kind, le_ms__gte=ms)
    if not fitting.update(count=F("count") + 1, sum_ms=F("sum_ms") + ms):
        # The first of its kind; somebody else's first may come at the same instant.
        TurnBucket.objects.bulk_create([TurnBucket(**kind, le_ms=le) for le in BOUNDS], ignore_conflicts=True)
        fitting.update(count=F("count") + 1, sum_ms=F("sum_ms") + ms)
