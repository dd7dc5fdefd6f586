"""What `/metrics` shows of catalogue, jobs, disks and the last backup, read when somebody asks."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from aggregate_service.backup.taking import last_backup
from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.jobs.jobs import Jobs
from service_kit.problems import Problem


@dataclass(frozen=True, eq=False)
class InstallationGauges(Collector):
    """`places` are folders that mustn't fill up, by what is in them; `crashes` are of the background work."""

    catalog: Catalog
    jobs: Jobs
    places: Mapping[str, Path]
    crashes: Mapping[str, int]

    def describe(self) -> Iterator[Metric]:
        """None: whatever is asked for at registration would be read from the database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        crashed = CounterMetricFamily(
            "background_crashes", "Crashes of work beside requests.", labels=["task"]
        )
        for task, count in self.crashes.items():
            crashed.add_metric([task], count)
        yield crashed
        yield from self._disks()
        try:
            yield from [*self._pictures(), *self._jobs(), *self._backup()]
        except Problem:  # the database is away: everything else is shown all the same
            return

    def _disks(self) -> Iterator[Metric]:
        free = GaugeMetricFamily("disk_free_bytes", "Room on the disk that holds this.", labels=["holds"])
        size = GaugeMetricFamily("disk_size_bytes", "Size of the disk that holds this.", labels=["holds"])
        for holds, folder in self.places.items():
            if folder.is_dir():
                usage = shutil.disk_usage(folder)
                free.add_metric([holds], usage.free)
                size.add_metric([holds], usage.total)
        yield from (free, size)

    def _pictures(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("catalogue_pictures", "Pictures that can be found.", self.catalog.count())
        hidden = GaugeMetricFamily("catalogue_hidden_pictures", "Pictures without a file.", labels=["why"])
        for why, count in zip(("missing", "unreachable"), self.catalog.hidden_counts(), strict=True):
            hidden.add_metric([why], count)
        yield hidden

    def _jobs(self) -> Iterator[Metric]:
        active = GaugeMetricFamily("jobs_active", "Jobs that aren't over.", labels=["state"])
        for state, count in self.jobs.active_counts().items():
            active.add_metric([state], count)
        yield active
        yield GaugeMetricFamily(
            "jobs_held_up", "Jobs that wait for something that is away.", self.jobs.count_held_up()
        )

    def _backup(self) -> Iterator[Metric]:
        backup = GaugeMetricFamily(
            "last_backup_timestamp_seconds", "When the last backup was sent whole; 0: never."
        )
        backup.add_metric([], last_backup(self.catalog))
        yield backup
