"""Adding, deleting and searching one collection from many threads: right answers, and no crash.

In a process of its own, because what goes wrong here is a segmentation fault.
"""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys, threading, time
from pathlib import Path
import numpy as np
from search_service.config import Settings
from search_service.backends import open_backend

dimension, steady = 64, 2000
rows = np.random.default_rng(0).normal(size=(6000, dimension)).astype(np.float32)
rows /= np.linalg.norm(rows, axis=1, keepdims=True)
settings = Settings(data_dir=Path(sys.argv[1]))
backend = open_backend(settings)
backend.upsert("c", "e", np.arange(steady), rows[:steady])
until, wrong, done = time.monotonic() + float(sys.argv[2]), [], {"search": 0, "write": 0}

def write(part):
    mine = np.arange(steady + part * 1000, steady + (part + 1) * 1000)
    random = np.random.default_rng(part)
    while time.monotonic() < until:
        some = random.choice(mine, 50, replace=False)
        backend.upsert("c", "e", some, rows[some])
        index = backend.collection("c").index
        if [hits.ids[0] for hits in index.search(rows[some], 1)] != some.tolist():
            wrong.append("what was added isn't found")
        if index.remove(some[:40]) != 40:
            wrong.append("what was added can't be removed")
        done["write"] += 2

def search(part):
    random = np.random.default_rng(100 + part)
    while time.monotonic() < until:
        some = random.integers(0, steady, 8)
        hits = backend.collection("c").search(rows[some], 20)
        if [row.ids[0] for row in hits] != some.tolist() or any((row.ids < 0).any() for row in hits):
            wrong.append("a vector that was never touched isn't found")
        done["search"] += 1

def save():
    while time.monotonic() < until:
        backend.save()
        time.sleep(0.05)

threads = [threading.Thread(target=work, args=[part]) for work in (write, search) for part in range(4)]
threads.append(threading.Thread(target=save))
for thread in threads: thread.start()
for thread in threads: thread.join()
stats, ids = backend.collection("c").index.stats(), backend.collection("c").index.ids()
assert not wrong, wrong[:3]
assert stats.count == len(ids), (stats, len(ids))
backend.close()
again = open_backend(settings).collection("c").index
assert again.stats().count == len(ids) and (again.ids() == ids).all()
print(done)
"""


def test_threads_that_add_delete_search_and_save(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), "3"], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr[-2000:] or f"killed by signal {-run.returncode}"
