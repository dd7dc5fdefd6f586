"""The product as processes, over living folders with disks that are really mounted; it may be killed."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any

from tests.aggregate_service.conftest import save_picture
from tests.aggregate_service.jobs.living_folder import MOUNT, ROOTS, Seen
from tests.faults.installation import SERVICES, Installation
from tests.faults.small_disk import bind, mounted, unbind
from tests.waiting import wait_until

DISKS = ("share", "card")
_LONGEST_BEFORE_KILL = 0.5


class RunningLibrary:
    def __init__(self, place: Path, database_url: str, random: Random) -> None:
        self.folder, self._disks, self._random = place / "library", place / "disks", random
        (self.folder / MOUNT).mkdir(parents=True)
        (self.folder / ROOTS[1]).mkdir()
        self._state = place / "state"
        self._state.mkdir()
        watched = [self.folder / root for root in ROOTS]
        self.installation = Installation(self._state, watched, database_url=database_url)
        self.kills = self.stops = 0
        self._counted: set[str] = set()
        self._killed = False
        self._deleted: dict[int, str] = {}

    @contextmanager
    def running(self) -> Iterator[None]:
        """Each root holds a first picture, else there would be nothing to serve."""
        for number, root in enumerate(ROOTS):
            save_picture(self.folder / root / "always.png", (number, 255, 255))
        with ExitStack() as disks:
            self._disks.mkdir()
            for disk in DISKS:
                disks.enter_context(mounted(self._disks / disk, 8))
            disks.callback(unbind, self.folder / MOUNT)
            try:
                self.installation.start_all()
                self._wait_for_quiet()
                self._newly_embedded()
                yield
            finally:
                self.installation.stop()

    def scan(self) -> int:
        self._wait_for_quiet()
        for folder in self.installation.get("/folders")["folders"]:
            self.installation.ask("POST", f"/folders/{folder['id']}/scan")
        self._wait_for_quiet()
        embedded = self._newly_embedded()
        killed, self._killed = self._killed, False
        return 0 if killed else embedded  # what a killed one did may have been done again

    def pictures(self) -> list[Seen]:
        rows = [*self._listed(missing=False), *self._listed(missing=True)]
        return [_seen(row) for row in rows if not row["path"].endswith("always.png")]

    def vectors(self) -> set[int]:
        always = {row["id"] for row in self._listed(missing=False) if row["path"].endswith("always.png")}
        return set(self.installation.stored_ids()) - always

    def set_title(self, picture_id: int, title: str) -> None:
        self.installation.ask("PATCH", f"/images/{picture_id}", json={"title": title})

    def delete(self, picture_id: int) -> None:
        self._deleted[picture_id] = self.installation.get(f"/images/{picture_id}")["sha256"]
        self.installation.ask("DELETE", f"/images/{picture_id}")

    def restore(self, picture_id: int) -> int:
        self.installation.ask("POST", f"/images/{picture_id}/restore")
        sha256 = self._deleted.pop(picture_id)
        return next(picture.id for picture in self.pictures() if picture.sha256 == sha256)

    def mount(self, disk: str) -> None:
        bind(self._disks / disk, self.folder / MOUNT)

    def unmount(self) -> None:
        unbind(self.folder / MOUNT)

    def restart(self) -> None:
        """One of the services: stopped, or killed in the middle of a scan."""
        name = self._random.choice(SERVICES)
        if self._random.random() < 0.3:
            self.installation.stop_and_restart(name)
            self.stops += 1
        else:
            for folder in self.installation.get("/folders")["folders"]:
                self.installation.ask("POST", f"/folders/{folder['id']}/scan")
            time.sleep(self._random.uniform(0, _LONGEST_BEFORE_KILL))
            self.installation.kill_and_restart(name)
            self.kills += 1
        self._killed = True
        self.installation.wait_until_ready()

    def _newly_embedded(self) -> int:
        new = [job for job in self._jobs() if job["id"] not in self._counted]
        self._counted |= {job["id"] for job in new}
        return sum(job.get("counts", {}).get("embedded", 0) for job in new)

    def _wait_for_quiet(self) -> None:
        def quiet() -> bool:
            return all(job["finished_at"] is not None for job in self._jobs())

        wait_until(quiet, "all jobs to end")

    def _jobs(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.installation.get("/jobs")["jobs"]
        return found

    def _listed(self, *, missing: bool) -> list[dict[str, Any]]:
        page = self.installation.get("/images", limit=1000, missing=missing)
        assert page["next"] is None
        rows: list[dict[str, Any]] = page["images"]
        return rows


def _seen(row: dict[str, Any]) -> Seen:
    missing = row["missing_since"] is not None
    return Seen(row["id"], row["sha256"], row["path"], row["title"], missing, row["unreachable"])
