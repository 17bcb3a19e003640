"""`make test`: every test, in the runs that fit it, and one line at the end that says how all of them went.

First on SQLite, then what depends on the database again on PostgreSQL. What happens in real time (the product, the
voice worker, browsers, sound) follows, with the machine to itself. A few failures there are played once more, and
named as unsteady when they pass then. Arguments are handed to pytest, in one run.
"""

from __future__ import annotations

import codecs
import os
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from tools.setup import ROOT

WORKERS = os.environ.get("PYTEST_WORKERS", "2")
JOURNEY_WORKERS = os.environ.get("JOURNEY_WORKERS", "1")
# What can go otherwise there: locks, constraints, sums over rows and times, each service at least once. How the
# engine chooses, and what is told of it, is reckoned in Python and played on SQLite alone.
_QUEUEING_ON_POSTGRES = (
    "api", "by_hand", "calling_back", "callbacks_api", "consulting", "handing_back", "line", "lost_agents", "machine",
    "metrics_api", "metrics_reading", "metrics_sums", "moving", "offers", "presence", "scale", "supervision", "sweeps",
    "taking_over",
)  # fmt: skip
ON_POSTGRES = (
    "tests/races", "tests/calls", "tests/common/test_prepared.py",
    "tests/knowledge/test_search.py", "tests/knowledge/test_customers.py",
    *(f"tests/queueing/test_{name}.py" for name in _QUEUEING_ON_POSTGRES),
)  # fmt: skip
# Every process a test starts would compile our own modules again, otherwise.
_ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
_CLOSING = re.compile(r"\d+ (passed|failed|errors?|skipped)\b.* in \d+\.\d+s")
_FAILURE = re.compile(r"(?:FAILED|ERROR) (tests/\S+::\S.*?)(?: - |$)")
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
# A file's tests share what its fixtures start. Files go out in the order they are found in: the long ones are not last.
_SPREAD = ("-n", WORKERS, "--dist", "loadfile", "--no-loadscope-reorder")
# Each process of these has a product and a browser of its own.
_JOURNEYS = ("-n", JOURNEY_WORKERS, *_SPREAD[2:]) if JOURNEY_WORKERS != "1" else ()
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
    said: list[str] = field(default_factory=list)
    passed: bool = False

    def go(self) -> None:
        """Runs to the end and shows the output as it comes."""
        colour = ("--color=yes",) if sys.stdout.isatty() else ()
        command = [sys.executable, "-m", "pytest", *colour, *_LONGEST, *self.arguments]
        with subprocess.Popen(
            command, cwd=ROOT, env=_ENVIRONMENT | self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as run:
            assert run.stdout is not None
            self._say(f"\n>>> {self.name}: pytest {' '.join(self.arguments)}\n")
            # Not by line: a dot for each test is worth seeing when it comes.
            reader = codecs.getincrementaldecoder("utf-8")(errors="replace")
            while part := os.read(run.stdout.fileno(), 65536):
                self._say(reader.decode(part))
        self.passed = run.returncode == 0

    def _say(self, text: str) -> None:
        self.said.append(text)
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


def main(arguments: list[str]) -> int:
    """Exit status 1 if any run failed; a run goes on where an earlier one failed."""
    started = time.monotonic()
    runs = _runs(arguments)
    again = []
    for run in runs:
        run.go()
        if run.in_real_time and _may_be_unsteady(run):
            again.append(_again(run))
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
    if arguments:
        return [Run("chosen", (*_SPREAD, *arguments))]
    journeys = "tests/journeys"
    return [
        Run("on SQLite", (*_SPREAD, "-m", "not journey", "tests"), in_real_time="tests/voicebot/"),
        Run("on PostgreSQL", (*_SPREAD, *ON_POSTGRES), {"TEST_DATABASE": "postgres"}),
        Run("voice worker", (*_SPREAD, "-m", "journey", f"--ignore={journeys}", "tests"), in_real_time="tests/"),
        Run("journeys", (*_JOURNEYS, journeys), in_real_time="tests/"),
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
