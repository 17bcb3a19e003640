"""How much memory a call's process has: livekit-agents' own measure, taken only where it can matter.

It has the kernel walk the page tables of every process each five seconds, of the waiting ones, too, which is most of
what an idle worker does. What is resident is never less than that measure, and costs next to nothing to read.
"""

import psutil
from livekit.agents.ipc.supervised_proc import SupervisedProc

_MEGABYTE = 1024 * 1024
_exactly = SupervisedProc._sample_memory_mb  # noqa: SLF001 -- there is no option for it


def measure_only_the_large() -> None:
    """In the worker, before it runs."""
    SupervisedProc._sample_memory_mb = _sample  # type: ignore[method-assign, assignment]  # noqa: SLF001


def _sample(process: SupervisedProc) -> tuple[float, str]:
    """Megabytes, and by which measure: the exact one from the warning on."""
    options = process._opts  # noqa: SLF001
    resident = psutil.Process(process._pid).memory_info().rss / _MEGABYTE  # noqa: SLF001
    if resident < (options.memory_warn_mb or options.memory_limit_mb):
        return resident, "rss"
    return _exactly(process)
