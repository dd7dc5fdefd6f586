"""What `/metrics` shows of each collection's index, read when somebody asks."""

from collections.abc import Callable, Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from search_service.collection import Collection
from search_service.engines.base import IndexStats
from service_kit.problems import Problem


class IndexGauges(Collector):
    def __init__(self, collections: Callable[[], list[Collection]]) -> None:
        self._collections = collections

    def describe(self) -> Iterator[GaugeMetricFamily]:
        yield from self._families()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        count, size, recall = families = self._families()
        for name, stats in self._described():
            labels = [name, stats.kind]
            count.add_metric(labels, stats.count)
            size.add_metric(labels, stats.bytes)
            if stats.recall_at_10 is not None:
                recall.add_metric(labels, stats.recall_at_10)
        yield from families

    def _described(self) -> list[tuple[str, IndexStats]]:
        try:
            return [(collection.name, collection.index.stats()) for collection in self._collections()]
        except Problem:  # an engine on the network that is away: everything else is shown all the same
            return []

    def _families(self) -> tuple[GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily]:
        labels = ["collection", "kind"]
        return (
            GaugeMetricFamily("collection_vectors", "Vectors in a collection.", labels=labels),
            GaugeMetricFamily("collection_index_bytes", "Memory that its index takes.", labels=labels),
            GaugeMetricFamily("collection_recall_at_10", "Its recall@10, as last measured.", labels=labels),
        )
