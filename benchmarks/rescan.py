"""A folder in which nothing changed is scanned again: how long that takes, and which service it costs."""

import hashlib
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import insert

from aggregate_service.catalogue.database import Database, sqlite_url
from aggregate_service.catalogue.pictures import NewRow, insert_rows, take_ids
from aggregate_service.catalogue.records import Facts, Place
from aggregate_service.catalogue.tables import collections, indexed, roots
from benchmarks.catalogue_services import RunningServices
from benchmarks.large_catalogue import fill_search, topic_vectors
from service_kit.collection_name import collection_name

_AT_ONCE, _IN_A_FOLDER = 10_000, 500


def rescan(services: RunningServices, folder: Path, count: int) -> dict[str, Any]:
    """`folder` is new. Its files are no pictures: nobody opens a file that is as it was."""
    encoder = services.start("embedding_service")["fingerprint"]
    services.start("search_service")
    database = Database(
        services.environment.get("DATABASE_URL")
        or str(sqlite_url(Path(services.environment["CATALOG_PATH"])))
    )
    _fill(database, collection_name(encoder), folder, count)
    database.close()
    fill_search(services.url("search_service"), encoder, topic_vectors(count, encoder))
    services.start("aggregate_service", path="/healthz")
    with httpx2.Client(base_url=services.url("aggregate_service"), timeout=60, trust_env=False) as client:
        _scan(client, services)  # the collection is nobody's until then
        scans = [_scan(client, services) for _ in range(3)]
    return {"files": count, "seconds": sorted(scan["seconds"] for scan in scans), "scans": scans}


def _scan(client: httpx2.Client, services: RunningServices) -> dict[str, Any]:
    used, began = services.processor_seconds(), time.perf_counter()
    folder = client.get("/folders").raise_for_status().json()["folders"][0]["id"]
    job = client.post(f"/folders/{folder}/scan").raise_for_status().json()
    while not job["finished_at"]:
        time.sleep(0.02)
        job = client.get(f"/jobs/{job['id']}").raise_for_status().json()
    seconds = time.perf_counter() - began
    if job["state"] != "done" or job["counts"]["embedded"] or job["counts"]["removed"]:
        raise RuntimeError(f"the scan found a change: {job}")
    processor = {name: round(now - used[name], 2) for name, now in services.processor_seconds().items()}
    return {"seconds": round(seconds, 2), "processor_seconds": processor}


def _fill(database: Database, collection: str, folder: Path, count: int) -> None:
    with database.transaction() as db:
        row = {"path": str(folder.resolve()), "label": "Photos", "notice": ""}
        root = db.execute(insert(roots).values(row)).inserted_primary_key
        db.execute(insert(collections), [{"name": collection}])
    assert root is not None
    files = _files(folder, int(root[0]), count)
    while rows := list(islice(files, _AT_ONCE)):
        with database.transaction() as db:
            ids = take_ids(db, len(rows))
            insert_rows(db, list(zip(ids, rows, strict=True)))
            db.execute(insert(indexed), [{"collection": collection, "picture_id": id_} for id_ in ids])


def _files(folder: Path, root: int, count: int) -> Iterator[NewRow]:
    for number in range(count):
        path = f"{number // _IN_A_FOLDER:04}/{number:07}.jpg"
        file, content = folder / path, b"%d" % number
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        status, sha256 = file.stat(), hashlib.sha256(content).hexdigest()
        facts = Facts(len(content), status.st_mtime_ns, sha256, 1, 1, ctime_ns=status.st_ctime_ns)
        yield NewRow(Place(root, path), facts)
