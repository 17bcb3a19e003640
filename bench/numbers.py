"""Samples, what is said of them, and the table."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tools.setup import ROOT

RESULTS = ROOT / "var" / "bench"


def percentile(samples: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; `share` from 0 to 1."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]


@dataclass
class Row:
    """One line of the table: ours beside the bare framework's, in `unit`. `target` says when it is good."""

    name: str
    unit: str
    ours: list[float]
    bare: list[float] = field(default_factory=list)
    target: str = ""
    within: bool | None = None

    @property
    def ratio(self) -> float | None:
        """Median of ours over median of the bare one's, means of shares; None without one, or where that is nothing."""
        middle = statistics.mean if self.unit == "%" else statistics.median
        bare = middle(self.bare) if self.bare else 0
        return middle(self.ours) / bare if bare else None


def save(name: str, rows: Sequence[Row]) -> Path:
    """Every sample, in var/bench/<name>.json."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    told = {
        "at": datetime.now(UTC).isoformat(),
        "commit": _commit(),
        "machine": {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "rows": [asdict(row) | {"ratio": row.ratio} | _summary(row) for row in rows],
    }
    path.write_text(json.dumps(told, indent=1) + "\n")
    return path


def _summary(row: Row) -> dict[str, dict[str, float]]:
    sides = {"ours": row.ours, "bare": row.bare}
    return {
        f"{side}_summary": {f"p{round(share * 100)}": percentile(samples, share) for share in (0.5, 0.95, 0.99)}
        for side, samples in sides.items()
        if samples
    }


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def table(rows: Sequence[Row]) -> str:
    """All rows, columns aligned."""
    head = ("", "n", "ours p50", "p95", "p99", "bare p50", "bare p99", "ratio", "target", "")
    lines = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) if column == 0 else cell.rjust(width) for column, (cell, width) in enumerate(pairs))
        for pairs in (list(zip(line, widths, strict=True)) for line in lines)
    )


def _cells(row: Row) -> tuple[str, ...]:
    ratio = f"{row.ratio:.2f}×" if row.ratio is not None else "–"
    verdict = "" if row.within is None else ("met" if row.within else "NOT MET")
    return (row.name, str(len(row.ours)), *_told(row), ratio, row.target, verdict)


def _told(row: Row) -> tuple[str, ...]:
    """Ours p50, p95, p99, bare p50, p99; of shares the mean of each side."""
    if row.unit == "%":
        bare = f"{statistics.mean(row.bare):.0f} %" if row.bare else "–"
        return (f"{statistics.mean(row.ours):.0f} %", "–", "–", bare, "–")
    bare_cells = [_number(percentile(row.bare, share), row.unit) for share in (0.5, 0.99)] if row.bare else ["–", "–"]
    return (*(_number(percentile(row.ours, share), row.unit) for share in (0.5, 0.95, 0.99)), *bare_cells)


def _number(value: float, unit: str) -> str:
    if unit != "s":
        return f"{value:.0f} {unit}"
    milliseconds = value * 1000
    return f"{milliseconds:.0f} ms" if milliseconds >= 100 else f"{milliseconds:.1f} ms"
