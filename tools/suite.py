"""`make test`: every test, in the runs that fit it, and one line at the end that says how all of them went.

The first run is on SQLite, the second plays what depends on the database again on PostgreSQL, the third has the
machine to itself: journeys start the whole product. Arguments are handed to pytest, in one run.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from tools.setup import ROOT

WORKERS = os.environ.get("PYTEST_WORKERS", "2")
ON_POSTGRES = ("tests/races", "tests/queueing", "tests/calls")
# Every process a test starts would compile our own modules again, otherwise.
_ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
_CLOSING = re.compile(r"\d+ (passed|failed|errors?|skipped)\b.* in \d+\.\d+s")
_SPREAD = ("-n", WORKERS, "--dist", "loadgroup")


def main(arguments: list[str]) -> int:
    """Exit status 1 if any run failed; a run goes on where an earlier one failed."""
    started = time.monotonic()
    totals: Counter[str] = Counter()
    failed = [name for name, command, extra in _runs(arguments) if not _passes(name, command, extra, totals)]
    counts = ", ".join(f"{count} {outcome}" for outcome, count in totals.items()) or "nothing was run"
    print(f"\nAll runs: {counts} in {time.monotonic() - started:.0f} s")
    if failed:
        print(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


def _runs(arguments: list[str]) -> list[tuple[str, list[str], dict[str, str]]]:
    """Name, pytest's arguments, further environment."""
    if arguments:
        return [("chosen", [*_SPREAD, *arguments], {})]
    existing = [path for path in ON_POSTGRES if (ROOT / path).is_dir()]
    return [
        ("on SQLite", [*_SPREAD, "--ignore=tests/journeys", "tests"], {}),
        ("on PostgreSQL", [*_SPREAD, *existing], {"TEST_DATABASE": "postgres"}),
        ("journeys", ["tests/journeys"], {}),
    ]


def _passes(name: str, arguments: list[str], extra: dict[str, str], totals: Counter[str]) -> bool:
    """Shows pytest's output as it comes and counts what its closing line says."""
    print(f"\n>>> {name}: pytest {' '.join(arguments)}", flush=True)
    colour = ["--color=yes"] if sys.stdout.isatty() else []
    command = [str(Path(sys.executable)), "-m", "pytest", *colour, *arguments]
    last = ""
    with subprocess.Popen(
        command, cwd=ROOT, env=_ENVIRONMENT | extra, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as run:
        assert run.stdout is not None
        for line in run.stdout:
            print(line, end="", flush=True)
            # What its processes say when they go may come after it.
            last = line if _CLOSING.search(line) else last
    for count, outcome in re.findall(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed)", last):
        totals[outcome] += int(count)
    return run.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
