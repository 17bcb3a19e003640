"""`make test`: every test, in the runs that fit it, and one line at the end that says how all of them went.

First on SQLite. What happens in real time (the product, the voice worker, browsers, sound) follows; what depends on the
database plays again on PostgreSQL beside it, with the processors that are left over. A few failures in real time are
played once more, and named as unsteady when they pass then. Tests marked `nightly` play in `make nightly` alone.
Arguments are handed to pytest, in one run.
"""

from __future__ import annotations

import atexit
import codecs
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tools.setup import ROOT

WORKERS = os.environ.get("PYTEST_WORKERS", "2")
# They mostly wait for somebody to have spoken.
VOICE_WORKERS = os.environ.get("VOICE_WORKERS", "3")
JOURNEY_WORKERS = os.environ.get("JOURNEY_WORKERS", "1")
# What can go otherwise there: locks, constraints, sums over rows and times. How the engine chooses, and what is told of
# it, is reckoned in Python and played on SQLite alone.
ON_POSTGRES = (
    "tests/races", "tests/common/test_prepared.py",
    "tests/knowledge/test_search.py", "tests/knowledge/test_customers.py",
    *(f"tests/calls/test_{name}.py" for name in ("lifecycle", "participants", "retention", "tasks", "turns")),
    *(f"tests/queueing/test_{name}.py" for name in (
        "line", "lost_agents", "machine", "metrics_sums", "moving", "offers", "scale", "sweeps",
    )),
)  # fmt: skip
# And each service at least once.
ON_POSTGRES_NIGHTLY = (
    *(f"tests/calls/test_{name}.py" for name in (
        "api", "identity", "page_modules", "pages", "providers", "standby", "tool_figures",
    )),
    *(f"tests/queueing/test_{name}.py" for name in (
        "api", "by_hand", "calling_back", "callbacks_api", "consulting", "handing_back", "metrics_api",
        "metrics_reading", "presence", "supervision", "taking_over",
    )),
)  # fmt: skip
# Every process a test starts would compile our own modules again, otherwise.
_ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
_CLOSING = re.compile(r"\d+ (passed|failed|errors?|skipped)\b.* in \d+\.\d+s")
_FAILURE = re.compile(r"(?:FAILED|ERROR) (tests/\S+::\S.*?)(?: - |$)")
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
# A file's tests share what its fixtures start. Files go out in the order they are found in: the long ones are not last.
_BY_FILE = ("--dist", "loadfile", "--no-loadscope-reorder")
_SPREAD = ("-n", WORKERS, *_BY_FILE)
# Each process of these has a product and a browser of its own.
_JOURNEYS = ("-n", JOURNEY_WORKERS, *_BY_FILE) if JOURNEY_WORKERS != "1" else ()
NIGHTLY = "--nightly"
# What to look at when it takes too long.
_LONGEST = ("--durations=40", "--durations-min=5")
# So many may be the machine's fault; more are ours.
_MOST_UNSTEADY = 3


@dataclass
class Run:
    """One pytest; `said` is all it printed."""

    name: str
    arguments: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    # Where tests play in real time: what fails there may be for want of processor.
    in_real_time: str = ""
    # Plays beside the others, with the processor's time that they leave over, and is shown when it has ended.
    beside: bool = False
    said: list[str] = field(default_factory=list)
    passed: bool = False

    def go(self) -> None:
        """Runs to the end and shows the output as it comes."""
        colour = ("--color=yes",) if sys.stdout.isatty() else ()
        command = [sys.executable, "-m", "pytest", *colour, *_LONGEST, *self.arguments]
        self._say(f"\n>>> {self.name}: pytest {' '.join(self.arguments)}\n")
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=_ENVIRONMENT | self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=self.beside,
        ) as run:
            assert run.stdout is not None
            if self.beside:
                atexit.register(_end, run)
                _stand_back(run.pid)
            # Not by line: a dot for each test is worth seeing when it comes.
            reader = codecs.getincrementaldecoder("utf-8")(errors="replace")
            while part := os.read(run.stdout.fileno(), 65536):
                self._say(reader.decode(part))
        self.passed = run.returncode == 0
        if self.beside:
            print("".join(self.said), end="", flush=True)

    def _say(self, text: str) -> None:
        self.said.append(text)
        if not self.beside:
            print(text, end="", flush=True)

    def lines(self) -> list[str]:
        """What it printed, without colours."""
        return _COLOUR.sub("", "".join(self.said)).splitlines()

    def counts(self) -> Counter[str]:
        """How many tests passed, failed and so on, by its closing line."""
        # What its processes say when they go may come after that line.
        closing = next((line for line in reversed(self.lines()) if _CLOSING.search(line)), "")
        found = re.findall(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed)", closing)
        return Counter({outcome: int(count) for count, outcome in found})


def _stand_back(pid: int) -> None:
    """It and all it starts run when nobody else wants to."""
    with suppress(OSError, AttributeError):
        os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
        # Linux may share the processors out by session first.
        Path(f"/proc/{pid}/autogroup").write_text("19")


def _end(run: subprocess.Popen[bytes]) -> None:
    """Whoever presses Ctrl-C does not reach it: its session is another one."""
    if run.poll() is None:
        os.killpg(run.pid, signal.SIGTERM)


def main(arguments: list[str]) -> int:
    """Exit status 1 if any run failed; a run goes on where an earlier one failed."""
    started = time.monotonic()
    runs = _runs(arguments)
    again = []
    beside = []
    for run in runs:
        if run.beside:
            beside.append(threading.Thread(target=run.go, daemon=True))
            beside[-1].start()
            continue
        run.go()
        if run.in_real_time and _may_be_unsteady(run):
            again.append(_again(run))
    for thread in beside:
        thread.join()
    totals: Counter[str] = sum((run.counts() for run in runs), Counter())
    counts = ", ".join(f"{count} {outcome}" for outcome, count in totals.items()) or "nothing was run"
    print(f"\nAll runs: {counts} in {time.monotonic() - started:.0f} s")
    for name in (name for run in again for name in run.arguments):
        print(f"Unsteady, played twice: {name}")
    failed = [run.name for run in runs if not run.passed]
    if failed:
        print(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


def _failures(run: Run) -> Counter[str]:
    """The tests that failed, by name, and how often: in the test and in what comes after it."""
    return Counter(found[1] for line in run.lines() if (found := _FAILURE.match(line)))


def _may_be_unsteady(run: Run) -> bool:
    """Few tests failed, all in real time, and nothing else did: each failure counted is one of a test with a name."""
    failures, counts = _failures(run), run.counts()
    named = failures.total()
    in_real_time = all(name.startswith(run.in_real_time) for name in failures)
    few = 0 < named <= _MOST_UNSTEADY and named == counts["failed"] + counts["error"] + counts["errors"]
    return few and in_real_time


def _again(run: Run) -> Run:
    """Plays what failed once more; the run has passed if all of that does."""
    second = Run(f"{run.name}, again", tuple(_failures(run)))
    second.go()
    run.passed = second.passed
    return second


def _runs(arguments: list[str]) -> list[Run]:
    journeys, nightly = "tests/journeys", arguments == [NIGHTLY]
    if arguments and not nightly:
        return [Run("chosen", (*_SPREAD, *arguments))]
    tonight = "" if nightly else " and not nightly"
    chosen = () if nightly else ("-m", "not nightly")
    postgres = (*ON_POSTGRES, *(ON_POSTGRES_NIGHTLY if nightly else ()))
    voice = ("-n", VOICE_WORKERS, *_BY_FILE, "-m", f"journey{tonight}", f"--ignore={journeys}")
    return [
        Run("on SQLite", (*_SPREAD, "-m", f"not journey{tonight}", "tests"), in_real_time="tests/voicebot/"),
        Run("on PostgreSQL", (*_SPREAD, *chosen, *postgres), {"TEST_DATABASE": "postgres"}, beside=True),
        Run("voice worker", (*voice, "tests"), in_real_time="tests/"),
        Run("journeys", (*_JOURNEYS, *chosen, journeys), in_real_time="tests/"),
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
