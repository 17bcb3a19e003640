"""What a process is called in `top` and `ps`: an operator sees which have a call."""

from contextlib import suppress
from pathlib import Path

CALL = "ai-call"
WAITS = "ai-waits"
GONE = "ai-gone"


def name_process(name: str) -> None:
    """Fifteen characters at most. Only Linux has such a name."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(name)
