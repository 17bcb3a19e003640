"""The short way from a call to a voice worker: offered on a Redis list, taken by who has a process ready for it.

LiveKit's own dispatch waits 200 ms for the answers of other workers before it hands a job on. Nothing hangs on this
way: where nobody takes the call at once, or Redis is away, it is dispatched; a worker that dies with it is found by
the AI's deadline, as ever.
"""

import json
import time
from dataclasses import asdict, dataclass
from functools import lru_cache

import structlog
from django.conf import settings
from redis import Redis, RedisError

logger = structlog.get_logger(__name__)

CALLS = "voicebot:calls"
"""The list; its items are `Wanted.told`."""
WORKERS = "voicebot:standing-by"
"""There while some worker waits at the list."""
STANDS_SECONDS = 3
_LOOKS = 4
_LOOK_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call that needs an AI: who it is and where."""

    call_id: str
    epoch: int
    room: str

    @property
    def told(self) -> str:
        """As an item of the list, and as the job's metadata."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def parse(cls, told: str | bytes) -> "Wanted":
        """ValueError when it is not ours."""
        try:
            data = json.loads(told)
            return cls(str(data["call_id"]), int(data["epoch"]), str(data["room"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError("no call of ours") from error


@lru_cache
def _redis(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)


def offer(wanted: Wanted) -> bool:
    """Whether a worker has taken the call; it is not on the list any more either way."""
    redis = _redis(settings.REDIS_URL)
    try:
        if not redis.exists(WORKERS):
            return False
        redis.lpush(CALLS, wanted.told)
        for _ in range(_LOOKS):
            time.sleep(_LOOK_SECONDS)
            if redis.lpos(CALLS, wanted.told) is None:
                return True
        # Taken back in one step: who came in this very moment has it, and we see nothing to take back.
        return redis.lrem(CALLS, 0, wanted.told) == 0
    except RedisError as error:
        logger.warning("not offered to workers", call_id=wanted.call_id, error=repr(error))
        return False
