"""Prometheus metrics of one service: requests, and the time of every step inside them."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, ProcessCollector

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)


class Metrics:
    """Each app owns a registry, so that several apps can live in one process (as the tests do)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.requests = Counter(
            "http_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.request_seconds = Histogram(
            "http_request_seconds", "Time to answer.", ["route"], registry=self.registry, buckets=_SECONDS
        )
        self.step_seconds = Histogram(
            "step_seconds",
            "Time of one step inside a request.",
            ["step"],
            registry=self.registry,
            buckets=_SECONDS,
        )

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step (`decode`, `encode`, `search`, …) into `step_seconds`."""
        start = perf_counter()
        try:
            yield
        finally:
            self.step_seconds.labels(name).observe(perf_counter() - start)
