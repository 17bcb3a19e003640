"""What the turns' times come to: percentiles for people, buckets for Prometheus."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

from calls.models import Turn, TurnBucket
from calls.services.turns import STAGES

Json = dict[str, Any]

_KIND = ("provider", "language", "channel")
_SHARES = (50, 90, 95)


def by_kind(start: datetime, end: datetime) -> list[Json]:
    """One row a provider, language and channel: `turns`, `interrupted`, and per stage `{"p50", "p90", "p95"}` in ms.

    A stage that was never measured is null.
    """
    columns = [f"{stage}_ms" for stage in STAGES]
    groups: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for row in Turn.objects.filter(at__gte=start, at__lt=end).values_list(*_KIND, "interrupted", *columns).iterator():
        groups[row[:3]].append(row[3:])
    return [_figures(kind, rows) for kind, rows in sorted(groups.items())]


def _figures(kind: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Json:
    interrupted, *stages = zip(*rows, strict=True)
    times = {stage: [ms for ms in column if ms is not None] for stage, column in zip(STAGES, stages, strict=True)}
    return {
        **dict(zip(_KIND, kind, strict=True)),
        "turns": len(rows),
        "interrupted": sum(interrupted),
        **{f"{stage}_ms": percentiles(column) for stage, column in times.items()},
    }


def percentiles(values: Sequence[int]) -> dict[str, int] | None:
    """By nearest rank (the smallest value that so many percent of all do not exceed): always one that occurred."""
    if not values:
        return None
    ranked = sorted(values)
    return {f"p{share}": ranked[-(-share * len(ranked) // 100) - 1] for share in _SHARES}


class TurnCollector(Collector):
    """`callcenter_turn_seconds`, by `stage`, `provider`, `language` and `channel`."""

    def describe(self) -> Iterator[HistogramMetricFamily]:
        """Without the database, which need not be there when the collector is registered."""
        yield self._family()

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """As Prometheus wants them: cumulative, in seconds."""
        family = self._family()
        rows = TurnBucket.objects.order_by("stage", *_KIND, "le_ms").values_list(
            "stage", *_KIND, "le_ms", "count", "sum_ms"
        )
        for labels, buckets in groupby(rows, key=lambda row: row[:4]):
            found = [row[4:] for row in buckets]
            told = [("+Inf" if le == TurnBucket.EVERY else str(le / 1000), count) for le, count, _ in found]
            family.add_metric(labels, buckets=told, sum_value=found[-1][2] / 1000)
        yield family

    @staticmethod
    def _family() -> HistogramMetricFamily:
        return HistogramMetricFamily(
            "callcenter_turn_seconds", "From the end of the caller's turn to the AI's reply.", labels=["stage", *_KIND]
        )
