"""What came of the AI's tools, for Prometheus."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from calls.models import ToolCount


class ToolCollector(Collector):
    """`callcenter_tool_uses_total`, by `tool` and `outcome`; a use that was asked about first counts as that, too."""

    def describe(self) -> Iterator[CounterMetricFamily]:
        """Without the database, which need not be there when the collector is registered."""
        yield self._family()

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Since the installation began."""
        family = self._family()
        for tool, outcome, count in ToolCount.objects.order_by("tool", "outcome").values_list(
            "tool", "outcome", "count"
        ):
            family.add_metric([tool, outcome], count)
        yield family

    @staticmethod
    def _family() -> CounterMetricFamily:
        return CounterMetricFamily("callcenter_tool_uses", "Uses of the AI's tools.", labels=["tool", "outcome"])
