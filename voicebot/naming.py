"""What a process is called in `top` and `ps`: an operator sees which have a call."""

from contextlib import suppress
from pathlib import Path

CALL = "ai:"
WAITS = "ai-waits"
GONE = "ai-gone"
_LONGEST = 15


def call_name(call_id: str) -> str:
    """With as much of the id as fits."""
    return f"{CALL}{call_id}"[:_LONGEST]


def name_process(name: str) -> None:
    """Only Linux has such a name."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(name)
