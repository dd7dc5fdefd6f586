"""What this service measures beside requests and steps: queues, batches, models in memory."""

from collections.abc import Callable, Sequence
from functools import partial

from prometheus_client import Gauge, Histogram

from service_kit.metrics import Metrics

_SIZES = (1, 2, 4, 8, 16, 24, 32, 64, 128, 256)


class Measures:
    def __init__(self, metrics: Metrics) -> None:
        registry = metrics.registry
        self.step = metrics.step
        self._step_seconds = metrics.step_seconds
        self._depth = Gauge(
            "queue_depth", "Inputs that wait to be encoded.", ["model", "input"], registry=registry
        )
        self._sizes = Histogram(
            "batch_size",
            "Inputs encoded together.",
            ["model", "input"],
            registry=registry,
            buckets=_SIZES,
        )

    def watch_queue(self, model: str, kind: str, depth: Callable[[], int]) -> None:
        self._depth.labels(model, kind).set_function(depth)

    def forget(self, model: str) -> None:
        """A gauge would keep a model that is gone in memory."""
        self._depth.remove_by_labels({"model": model})

    def observer(self, model: str, kind: str) -> Callable[[Sequence[float], float], None]:
        """What a batcher tells after each batch: each input's wait, and the encoding time, in seconds."""
        return partial(self._observe, model, kind)

    def _observe(self, model: str, kind: str, waited: Sequence[float], encoded: float) -> None:
        self._sizes.labels(model, kind).observe(len(waited))
        for seconds in waited:
            self._step_seconds.labels("queue").observe(seconds)
        self._step_seconds.labels("encode").observe(encoded)
