"""`make test`: every test, in the runs that fit it, and one line at the end that says how all of them went.

Two lanes at once. In the first, what happens in real time: the product, the voice worker, browsers, sound; it mostly
waits. In the second, at a lower priority so that it takes only the time the first leaves, everything else: on SQLite,
and then what depends on the database again on PostgreSQL. The second lane's output comes when it has ended. Arguments
are handed to pytest, in one run.
"""

from __future__ import annotations

import codecs
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from tools.setup import ROOT

WORKERS = os.environ.get("PYTEST_WORKERS", "2")
ON_POSTGRES = ("tests/races", "tests/queueing", "tests/calls")
# Every process a test starts would compile our own modules again, otherwise.
_ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
_CLOSING = re.compile(r"\d+ (passed|failed|errors?|skipped)\b.* in \d+\.\d+s")
# A file's tests share what its fixtures start. Files go out in the order they are found in: the long ones are not last.
_SPREAD = ("-n", WORKERS, "--dist", "loadfile", "--no-loadscope-reorder")
_POLITE = ("nice", "-n", "10")


@dataclass
class Run:
    """One pytest; `said` is all it printed."""

    name: str
    arguments: tuple[str, ...]
    prefix: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    shown: bool = True
    said: list[str] = field(default_factory=list)
    passed: bool = False

    def go(self) -> None:
        """Runs to the end; shows the output as it comes where nothing else is shown."""
        colour = ("--color=yes",) if sys.stdout.isatty() else ()
        command = [*self.prefix, sys.executable, "-m", "pytest", *colour, *self.arguments]
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
        if self.shown:
            print(text, end="", flush=True)

    def counts(self) -> Counter[str]:
        """How many tests passed, failed and so on, by its closing line."""
        # What its processes say when they go may come after that line.
        lines = "".join(self.said).splitlines()
        closing = next((line for line in reversed(lines) if _CLOSING.search(line)), "")
        found = re.findall(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed)", closing)
        return Counter({outcome: int(count) for count, outcome in found})


def main(arguments: list[str]) -> int:
    """Exit status 1 if any run failed; a run goes on where an earlier one failed."""
    started = time.monotonic()
    if arguments:
        runs = [Run("chosen", (*_SPREAD, *arguments))]
        runs[0].go()
    else:
        runs = _all()
    totals: Counter[str] = sum((run.counts() for run in runs), Counter())
    counts = ", ".join(f"{count} {outcome}" for outcome, count in totals.items()) or "nothing was run"
    print(f"\nAll runs: {counts} in {time.monotonic() - started:.0f} s")
    failed = [run.name for run in runs if not run.passed]
    if failed:
        print(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


def _all() -> list[Run]:
    in_real_time = Run("in real time", (*_SPREAD, "-m", "journey", "tests"))
    rest = [
        Run("on SQLite", (*_SPREAD, "-m", "not journey", "tests"), _POLITE, shown=False),
        Run("on PostgreSQL", (*_SPREAD, *ON_POSTGRES), _POLITE, {"TEST_DATABASE": "postgres"}, shown=False),
    ]
    with _beside(rest):
        in_real_time.go()
    for run in rest:
        print("".join(run.said), flush=True)
    return [in_real_time, *rest]


@contextmanager
def _beside(runs: list[Run]) -> Iterator[None]:
    """These run one after the other, beside what is done inside."""
    with ThreadPoolExecutor(1) as lane:
        going = [lane.submit(run.go) for run in runs]
        yield
    for one in going:
        one.result()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
