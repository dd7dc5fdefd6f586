"""Adding, deleting and searching one collection from many threads: right answers, and no crash.

In a process of its own, because what goes wrong here is a segmentation fault.
"""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import faulthandler, sys, threading
faulthandler.dump_traceback_later(500, exit=True)
from pathlib import Path
import numpy as np
from search_service.engines.open import open_backend
from search_service.config import Settings
from search_service.engines.faiss.flat import FaissFlat

kind, folder, rounds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
dimension, steady = 64, 2000
rows = np.random.default_rng(0).normal(size=(6000, dimension)).astype(np.float32)
rows /= np.linalg.norm(rows, axis=1, keepdims=True)
settings = Settings(data_dir=folder, exact_up_to=10**9 if kind == "flat" else 1000)
backend = open_backend(settings)
backend.upsert("c", "e", np.arange(steady), rows[:steady])
index = backend.collection("c").index
if kind == "durable":
    index.maintain(threading.Event())
    assert index.stats().kind == "ivf", index.stats()
if kind == "flat":  # no disk to wait for: many more writes
    index = FaissFlat(dimension)
    index.upsert(np.arange(steady), rows[:steady])
stop, wrong = threading.Event(), []

def write(part):
    mine = np.arange(steady + part * 2000, steady + (part + 1) * 2000)
    random = np.random.default_rng(part)
    for _ in range(rounds):
        some = random.choice(mine, 500, replace=False)
        index.upsert(some, rows[some])
        if [hits.ids[0] for hits in index.search(rows[some[:20]], 1)] != some[:20].tolist():
            wrong.append("what was added isn't found")
        if index.remove(some[:400]) != 400:
            wrong.append("what was added can't be removed")

def search(part):
    random = np.random.default_rng(100 + part)
    while not stop.is_set():
        some = random.integers(0, steady, 8)
        hits = index.search(rows[some], 20)
        if [row.ids[0] for row in hits] != some.tolist() or any(len(row) != 20 for row in hits):
            wrong.append("a vector that was never touched isn't found")

def save():
    while not stop.is_set():
        index.maintain(stop)
        index.save()
        stop.wait(0.05)

writers = [threading.Thread(target=write, args=[part]) for part in range(2)]
others = [threading.Thread(target=search, args=[part]) for part in range(4)]
others.append(threading.Thread(target=save))
for thread in writers + others: thread.start()
for thread in writers: thread.join()
stop.set()
for thread in others: thread.join()
stats, ids = index.stats(), index.ids()
assert not wrong, (len(wrong), wrong[:3])
assert stats.count == len(ids), (stats, len(ids))
backend.close()
if kind == "durable":
    backend = open_backend(settings)
    again = backend.collection("c").index
    assert again.stats().count == len(ids) and (again.ids() == ids).all()
    backend.close()
"""


@pytest.mark.parametrize(("kind", "rounds"), [("flat", 150), ("durable", 6)])
def test_threads_that_add_delete_search_and_save(tmp_path: Path, kind: str, rounds: int) -> None:
    program = [sys.executable, "-c", PROGRAM, kind, str(tmp_path), str(rounds)]
    run = subprocess.run(program, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr[-2000:] or f"killed by signal {-run.returncode}"
