"""A caller waits for a process: the one being made is told, and leaves out what can be done later.

The worker and its processes share no memory and no connection, so the word is a file, by the time it was last touched.
"""

import asyncio
import os
import shutil
import tempfile
import time
from pathlib import Path

import structlog
from livekit.agents import AgentServer

logger = structlog.get_logger(__name__)

_LOOK = 0.1
# The word counts so long; it is said again as long as somebody waits.
_FRESH = 1.0
# Set by the worker before it starts the fork server, which hands it on.
_NAME = "VOICEBOT_HURRY"


def is_hurried() -> bool:
    """In a process: whether somebody waits for it, or for one like it."""
    try:
        return time.time() - Path(os.environ[_NAME]).stat().st_mtime < _FRESH
    except (KeyError, FileNotFoundError):
        return False


def announce() -> Path:
    """In the worker, before its first process: the file to be touched."""
    word = Path(tempfile.mkdtemp(prefix="callcenter-hurry-")) / "word"
    os.environ[_NAME] = str(word)
    return word


async def mind_who_waits(server: AgentServer, word: Path) -> None:
    """Say it as long as a call has no process."""
    try:
        while True:
            _say_if_anybody_waits(server, word)
            await asyncio.sleep(_LOOK)
    except OSError as error:
        # Whoever waits then waits a little longer.
        logger.warning("processes are not told who waits", error=repr(error))
    finally:
        shutil.rmtree(word.parent, ignore_errors=True)


def _say_if_anybody_waits(server: AgentServer, word: Path) -> None:
    # The pool alone knows; there is none before the server runs.
    pool = getattr(server, "_proc_pool", None)
    if pool is not None and pool._jobs_waiting_for_process:  # noqa: SLF001
        word.touch()
