"""Which providers of the voice rest, for Prometheus."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from calls.services import providers


class ProviderCollector(Collector):
    """`callcenter_provider_resting`: 1 while it is left alone after a failure, by `part` and `provider`."""

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Without the database, which need not be there when the collector is registered."""
        yield self._family()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One for each provider that failed in the last hour."""
        family = self._family()
        for part, provider, seconds in providers.resting():
            family.add_metric([part, provider], float(seconds > 0))
        yield family

    @staticmethod
    def _family() -> GaugeMetricFamily:
        return GaugeMetricFamily(
            "callcenter_provider_resting", "Failed, and left alone for a while.", labels=["part", "provider"]
        )
