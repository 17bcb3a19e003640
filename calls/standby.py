"""The short way from a call to a voice worker: offered on a Redis list, taken by who has a process ready for it.

Shorter still: an AI that waits in a room of its own, which becomes the room of the next call. LiveKit's own dispatch
waits 200 ms for the answers of other workers before it hands a job on. Nothing hangs on either way: where nobody takes
the call at once, or Redis is away, it is dispatched; a worker that dies with it is found by the AI's deadline, as ever.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
ROOMS = "voicebot:rooms"
"""Ids of calls to be, each of which has a room with an AI in it; whoever takes one off makes that call."""
EXPECTED = "voicebot:callers-expected"
"""There for a while after somebody has opened a call page or begun a call: so long AIs wait in rooms."""
EXPECTED_SECONDS = 180
STANDS_SECONDS = 3
_LOOK_SECONDS = 0.01
_LOOKS = 4
# The caller takes longer to join, and the other ways are longer still.
_LOOKS_AT_WAITING = 30
# Of those whose AI has died, which are on the list until somebody looks.
_MOST_DEAD = 20


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


def own_room(call_id: str) -> str:
    """The room of a call whose client has named none."""
    return f"callcenter-{call_id}"


def waits_key(call_id: str) -> str:
    """There while an AI waits in the room of that call to be."""
    return f"voicebot:waits:{call_id}"


def word_key(call_id: str) -> str:
    """The list on which that AI is told of its call, by `Wanted.told`, or that it is not needed, by anything else."""
    return f"voicebot:word:{call_id}"


def waits(call_id: str) -> bool:
    """Whether an AI waits in the room of that call, and has not been told of it."""
    try:
        return bool(_redis(settings.REDIS_URL).exists(waits_key(call_id)))
    except RedisError as error:
        logger.warning("nobody knows who waits", call_id=call_id, error=repr(error))
        return False


@lru_cache
def _redis(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)


def offer(wanted: Wanted) -> bool:
    """Whether a worker has taken the call; it is not on the list any more either way."""
    return _offer(wanted, to=CALLS, taken_by=WORKERS, looks=_LOOKS)


def offer_to_waiting(wanted: Wanted) -> bool:
    """Whether the AI that waits in the call's room has taken the call; False where none waits."""
    call_id = wanted.call_id
    return _offer(wanted, to=word_key(call_id), taken_by=waits_key(call_id), looks=_LOOKS_AT_WAITING)


def _offer(wanted: Wanted, *, to: str, taken_by: str, looks: int) -> bool:
    redis = _redis(settings.REDIS_URL)
    try:
        if not redis.exists(taken_by):
            return False
        redis.lpush(to, wanted.told)
        for _ in range(looks):
            time.sleep(_LOOK_SECONDS)
            if redis.lpos(to, wanted.told) is None:
                return True
        # Taken back in one step: who came in this very moment has it, and we see nothing to take back.
        return redis.lrem(to, 0, wanted.told) == 0
    except RedisError as error:
        logger.warning("not offered to workers", call_id=wanted.call_id, error=repr(error))
        return False


@contextmanager
def waiting_room(*, asked: bool) -> Iterator[str | None]:
    """The id for a call that is about to be made, in whose room an AI waits; None where there is none, or not `asked`.

    Where making it fails the AI is sent away.
    """
    call_id = _take_room() if asked else None
    try:
        yield call_id
    except BaseException:
        if call_id:
            send_away(call_id)
        raise


def expect_callers() -> None:
    """Somebody may call soon: AIs are sent to rooms, if there are none."""
    try:
        _redis(settings.REDIS_URL).set(EXPECTED, 1, ex=EXPECTED_SECONDS)
    except RedisError as error:
        logger.warning("nobody is told of callers", error=repr(error))


def _take_room() -> str | None:
    redis = _redis(settings.REDIS_URL)
    try:
        redis.set(EXPECTED, 1, ex=EXPECTED_SECONDS)
        for _ in range(_MOST_DEAD):
            taken = redis.lpop(ROOMS)
            if not isinstance(taken, bytes):
                return None
            if redis.exists(waits_key(call_id := taken.decode())):
                return call_id
    except RedisError as error:
        logger.warning("no room taken", error=repr(error))
    return None


def send_away(call_id: str) -> None:
    """The AI in that room is not needed. Where the word is lost it leaves by itself, later."""
    redis = _redis(settings.REDIS_URL)
    try:
        if redis.exists(waits_key(call_id)):
            redis.lpush(word_key(call_id), "")
            redis.expire(word_key(call_id), STANDS_SECONDS)
    except RedisError as error:
        logger.warning("not sent away", call_id=call_id, error=repr(error))
