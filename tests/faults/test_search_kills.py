"""SIGKILL at random moments: nothing acknowledged is lost, and nothing deleted comes back."""

import contextlib
import multiprocessing
import os
import threading
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np

from tests.faults.search_process import Whole, vector_of, work

KILLS = int(os.environ.get("FAULT_KILLS", "300"))
IDS = 400
SECONDS = 0.4  # the longest that a process is left to work


class Collection:
    """What the collection must hold: for each id the version that was acknowledged, and the write that
    the last kill may have interrupted, all of which or nothing of which must have happened."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.random = np.random.default_rng(int(os.environ.get("FAULT_SEED", "0")))
        self.holds = {0: 0}
        self.interrupted: dict[int, int | None] = {}
        self.version = 0
        self.writes = 0
        self.kinds: set[str] = set()
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["tests.faults.search_process"])

    def live_and_die(self) -> None:
        """Start a process, check what it found, make it write, kill it."""
        orders, theirs = self.context.Pipe()
        process = self.context.Process(target=work, args=(self.folder, theirs))
        process.start()
        theirs.close()
        assert orders.poll(60), "it didn't start"
        self.check(orders.recv())
        killer = threading.Timer(float(self.random.uniform(0, SECONDS)), process.kill)
        killer.start()
        self.write_until_killed(orders, process)
        killer.join()
        process.join()
        orders.close()

    def write_until_killed(self, orders: Connection, process: BaseProcess) -> None:
        with contextlib.suppress(EOFError, ConnectionError):
            while True:
                ids = self.random.choice(IDS, self.random.integers(1, 40), replace=False)
                self.version += 1
                if self.random.random() < 0.7:
                    self.interrupted = {int(i): self.version for i in ids}
                    vectors = np.stack([vector_of(int(i), self.version) for i in ids])
                    orders.send(("upsert", ids, vectors))
                else:
                    self.interrupted = {int(i): None for i in ids}
                    orders.send(("remove", ids, None))
                orders.recv()
                self.acknowledge()
        process.join()

    def acknowledge(self) -> None:
        self.holds = after(self.holds, self.interrupted)
        self.interrupted = {}
        self.writes += 1

    def check(self, found: Whole) -> None:
        if not holds(found, self.holds):
            assert holds(found, after(self.holds, self.interrupted)), "neither before nor after the write"
            self.acknowledge()
        self.interrupted = {}
        assert found.ids == found.in_index
        assert found.count == len(found.ids)
        assert found.unfound == []
        self.kinds.add(found.kind)


def after(held: dict[int, int], write: dict[int, int | None]) -> dict[int, int]:
    return {i: version for i, version in (held | write).items() if version is not None}


def holds(found: Whole, expected: dict[int, int]) -> bool:
    if found.ids != sorted(expected):
        return False
    return all(
        np.array_equal(vector, vector_of(i, expected[i]))
        for i, vector in zip(found.ids, found.vectors, strict=True)
    )


def test_killed_at_random_moments(tmp_path: Path) -> None:
    collection = Collection(tmp_path)
    for _ in range(KILLS):
        collection.live_and_die()
    print(f"{KILLS} kills, {collection.writes} writes acknowledged, kinds {sorted(collection.kinds)}")
    assert "ivf" in collection.kinds or KILLS < 50
