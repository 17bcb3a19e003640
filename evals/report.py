"""What came of a run: each scenario's plays, the table, and the files under var/evals."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from evals.played import Played

_WIDTH = 96


@dataclass(frozen=True, slots=True)
class Outcome:
    """One play of a scenario; no problems: passed. `slowest` is the longest turn in seconds."""

    problems: tuple[str, ...]
    slowest: float
    transcript: tuple[str, ...]

    @classmethod
    def of(cls, played: Played, problems: Sequence[str]) -> Self:
        """From what was played, and what is wrong with it."""
        lines = tuple(f"{line.speaker} [{line.language}]: {line.text}" for line in played.transcript)
        return cls(tuple(problems), round(max((turn.seconds for turn in played.told), default=0.0), 3), lines)


@dataclass(frozen=True, slots=True)
class Row:
    """A scenario and its k plays. It counts as passed only when every one of them has (pass^k)."""

    name: str
    goal: str
    outcomes: tuple[Outcome, ...]

    @property
    def passes(self) -> int:
        """How many of the plays have passed."""
        return sum(not outcome.problems for outcome in self.outcomes)

    @property
    def passed(self) -> bool:
        """Whether all have."""
        return self.passes == len(self.outcomes)

    @property
    def first_problem(self) -> str:
        """What is wrong, in a word; empty when nothing is."""
        return next((problem for outcome in self.outcomes for problem in outcome.problems), "")


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run. `provider` names who thought, `judged_by` the model that read along, if one did."""

    provider: str
    prompt_version: str
    judged_by: str
    plays: int
    rows: tuple[Row, ...]

    @property
    def passed(self) -> int:
        """Scenarios that passed every time."""
        return sum(row.passed for row in self.rows)

    @property
    def headline(self) -> str:
        """The run in one line."""
        judged = f", read by {self.judged_by}" if self.judged_by else ""
        return (
            f"{self.passed} of {len(self.rows)} scenarios passed {self.plays} of {self.plays} times "
            f"({self.provider}, prompts {self.prompt_version}{judged})"
        )

    def table(self) -> str:
        """For a terminal."""
        width = max((len(row.name) for row in self.rows), default=0)
        lines = [
            f"{'ok  ' if row.passed else 'FAIL'} {row.passes}/{len(row.outcomes)} {row.name:<{width}} "
            f"{max((outcome.slowest for outcome in row.outcomes), default=0.0):6.2f} s  {row.first_problem}"[
                : _WIDTH * 2
            ]
            for row in self.rows
        ]
        return "\n".join([*lines, "", self.headline])

    def markdown(self) -> str:
        """For a page: the table, then what went wrong with its transcript."""
        lines = [f"# {self.headline}", "", "| scenario | passed | slowest turn | problem |", "|---|---|---|---|"]
        for row in self.rows:
            slowest = max((outcome.slowest for outcome in row.outcomes), default=0.0)
            problem = row.first_problem.replace("|", "\\|").replace("\n", " ")
            lines.append(f"| {row.name} | {row.passes}/{len(row.outcomes)} | {slowest:.2f} s | {problem} |")
        for row in self.rows:
            lines += _failures(row)
        return "\n".join(lines) + "\n"

    def save(self, folder: Path) -> Path:
        """The JSON file, a Markdown file beside it; their names begin with the time."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{self.prompt_version}.json"
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        path.with_suffix(".md").write_text(self.markdown(), encoding="utf-8")
        return path

    @classmethod
    def load(cls, path: Path) -> Self:
        """As it was saved."""
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        rows = tuple(
            Row(row["name"], row["goal"], tuple(_outcome(outcome) for outcome in row["outcomes"]))
            for row in told.pop("rows")
        )
        return cls(**told, rows=rows)


def _outcome(told: dict[str, Any]) -> Outcome:
    return Outcome(tuple(told["problems"]), told["slowest"], tuple(told["transcript"]))


def _failures(row: Row) -> list[str]:
    lines = []
    for number, outcome in enumerate(row.outcomes, 1):
        if outcome.problems:
            lines += ["", f"## {row.name}, play {number}", "", f"Goal: {row.goal}", ""]
            lines += [f"- {problem}" for problem in outcome.problems]
            lines += ["", "```text", *outcome.transcript, "```"]
    return lines
