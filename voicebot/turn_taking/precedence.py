"""Who owes a reply goes first: of the calls on a processor, the one whose caller has stopped speaking.

Most of what a call does can wait for a hundredth of a second unheard; what lies between a caller's last word and the
reply cannot. Where a worker may not choose (Linux: RLIMIT_NICE, or root), the processor is shared as ever.
"""

import asyncio
import functools
import os

import structlog

logger = structlog.get_logger(__name__)

_FIRST = -20


class Precedence:
    """Of the thread whose event loop calls it, and of none it begins."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end: asyncio.TimerHandle | None = None

    def take(self) -> None:
        """From now on for `seconds`, however often it was taken before."""
        if not _may_choose():
            return
        if self._end is None:
            _put(_FIRST)
        else:
            self._end.cancel()
        self._end = asyncio.get_running_loop().call_later(self._seconds, self.give)

    def give(self) -> None:
        """Not any more."""
        if self._end is not None:
            self._end.cancel()
            self._end = None
            _put(_usual())


@functools.cache
def _usual() -> int:
    """The thread's place before it was ever changed."""
    return os.getpriority(os.PRIO_PROCESS, 0)


@functools.cache
def _may_choose() -> bool:
    usual = _usual()
    try:
        # On Linux this is the thread's own, and what it begins meanwhile is not to keep it.
        os.sched_setscheduler(0, os.sched_getscheduler(0) | os.SCHED_RESET_ON_FORK, os.sched_param(0))
        _put(_FIRST)
        _put(usual)
    except (AttributeError, OSError) as error:
        logger.info("calls share the processor as they come", error=repr(error))
        return False
    return True


def _put(nice: int) -> None:
    os.setpriority(os.PRIO_PROCESS, 0, nice)
