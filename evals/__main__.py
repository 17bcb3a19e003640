"""`make evals`: the simulated callers against the configured provider, k times each; a table, JSON and Markdown.

Exit status 1 when a scenario did not pass every time.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evals.settings")


def main(arguments: Sequence[str]) -> int:
    """Parse, play, tell."""
    asked = _parser().parse_args(arguments)
    django.setup()
    if asked.compare:
        return _compare(asked)
    from evals.running import database, run, run_sound
    from evals.settings import EVALS_DIR

    with database():
        if asked.sound:
            report = run_sound(names=asked.only, plays=asked.k or 1, folder=EVALS_DIR / "sound", quiet=asked.quiet)
        else:
            report = run(names=asked.only, plays=asked.k or 3, nightly=asked.nightly, quiet=asked.quiet)
    path = report.save(asked.out or EVALS_DIR)
    print(report.table())
    print(f"{path}\n{path.with_suffix('.md')}")
    return 0 if report.passed == len(report.rows) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evals", description=__doc__)
    parser.add_argument("-k", type=_positive, help="plays of each scenario; it passes when all do (3; 1 as sound)")
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="scenarios whose name contains this"
    )
    parser.add_argument("--nightly", action="store_true", help="only the nightly set")
    parser.add_argument(
        "--compare", metavar="BEFORE", help="a commit or a folder of prompts to compare those in use with"
    )
    parser.add_argument("--sound", action="store_true", help="the nightly set, spoken through a real LiveKit server")
    parser.add_argument("--out", type=Path, help="where the report goes (var/evals)")
    parser.add_argument("--quiet", action="store_true", help="nothing while it runs")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _compare(asked: argparse.Namespace) -> int:
    from evals.comparing import NoPrompts, prompts_of, run_with, side_by_side

    options = ["-k", str(asked.k or 3), *(part for name in asked.only for part in ("--only", name))]
    options += ["--nightly"] if asked.nightly else []
    try:
        with prompts_of(asked.compare) as folder, TemporaryDirectory(prefix="evals-") as made:
            before = run_with(folder, Path(made) / "before", options, dict(os.environ))
            after = run_with(None, Path(made) / "after", options, dict(os.environ))
    except NoPrompts as error:
        print(error, file=sys.stderr)
        return 2
    print(side_by_side(before, after))
    return 1 if after.passed < before.passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
