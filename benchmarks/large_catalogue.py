"""A catalogue of a million rows whose pictures don't exist: how long its pages and searches by id take."""

import hashlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert, make_url, update

from aggregate_service.catalogue.database import Database, sqlite_url
from aggregate_service.catalogue.paging import Cursor
from aggregate_service.catalogue.pictures import NewRow, insert_rows, take_ids
from aggregate_service.catalogue.records import Facts, Place
from aggregate_service.catalogue.tables import collections, indexed, picture_labels, pictures, roots
from benchmarks.catalogue_services import RunningServices
from picture_files.metadata import Metadata, Taken
from service_kit.arrays import NPZ, to_npz
from service_kit.collection_name import collection_name

_AT_ONCE = 10_000
_LABELS, _IN_A_FOLDER, _TOPICS, _NOISE = 50, 1000, 2000, 0.6
_TOP, _COMMON = "all", "common"  # a folder that holds every picture, and a label of every second one
_FIRST_DAY = 1_700_000_000  # as seconds since 1970; then a picture every second
_PAGE = 16
_UPKEEP_SECONDS = 45.0  # the search service looks after its indexes every 30 s

Query = dict[str, str | list[str]]


def large_catalogue(services: RunningServices, folder: Path, count: int, questions: int) -> dict[str, Any]:
    encoder = services.start("embedding_service")["fingerprint"]
    services.start("search_service")
    began = time.perf_counter()
    database = services.environment.get("DATABASE_URL") or str(
        sqlite_url(Path(services.environment["CATALOG_PATH"]))
    )
    fill_catalogue(database, collection_name(encoder), count, folder)
    rows_seconds = time.perf_counter() - began
    began = time.perf_counter()
    fill_search(services.url("search_service"), encoder, topic_vectors(count, encoder))
    collection = _settled(services.url("search_service"), collection_name(encoder))
    vectors_seconds = time.perf_counter() - began
    services.start("aggregate_service")
    url = services.url("aggregate_service")
    random = np.random.default_rng(5)
    with httpx2.Client(base_url=url, timeout=60, trust_env=False) as client:
        return {
            "rows": count,
            "database": make_url(database).get_backend_name(),
            "encoder": encoder,
            "rows_seconds": round(rows_seconds, 1),
            "vectors_seconds": round(vectors_seconds, 1),
            "collection": collection,
            "first_page_ms": _timed(client, dict, questions),
            "any_page_ms": _timed(client, lambda: {"cursor": _cursor(random, count)}, questions),
            "filtered_page_ms": filtered_pages(client, random, count, folder, questions),
            "walk_ms": percentiles(_walk(client, questions)),
            "search_by_id_ms": _timed_search(client, random, count, questions),
        }


def filtered_pages(
    client: httpx2.Client, random: np.random.Generator, count: int, folder: Path, times: int
) -> dict[str, dict[str, float]]:
    """Of each filter, and of the worst mixtures of them: first pages and pages in the middle, in turn."""
    filters: dict[str, Callable[[], Query]] = {
        "label": lambda: {"label": _label(random)},
        "label_of_every_second": lambda: {"label": _COMMON},
        "folder": lambda: {"folder": f"{_TOP}/{random.integers(count) // _IN_A_FOLDER:04}"},
        "folder_of_all": lambda: {"folder": _TOP},
        "indexed_folder": lambda: {"folder": str(folder / "photos")},
        "after": lambda: {"after": _date(random, count)},
        "before": lambda: {"before": _date(random, count)},
        "label_and_folder_of_all": lambda: {"label": _COMMON, "folder": _TOP},
        "label_of_every_second_and_folder": lambda: {
            "label": _COMMON,
            "folder": f"{_TOP}/{random.integers(count) // _IN_A_FOLDER:04}",
        },
        "label_and_after": lambda: {"label": _COMMON, "after": _date(random, count)},
        "two_labels": lambda: {"label": [_COMMON, f"label-{random.integers(_LABELS // 2) * 2 + 1}"]},
        "two_labels_that_no_picture_has": lambda: {"label": [_COMMON, "label-2"]},
    }
    anywhere = itertools.cycle((False, True))

    def query(wanted: Callable[[], Query]) -> Query:
        return wanted() | ({"cursor": _cursor(random, count)} if next(anywhere) else {})

    return {name: _timed(client, partial(query, wanted), times) for name, wanted in filters.items()}


def fill_catalogue(url: str, collection: str, count: int, folder: Path) -> None:
    """Straight into the database, in the statements that the catalogue itself uses."""
    database = Database(url)
    with database.transaction() as db:
        row = {"path": str(folder / "photos"), "label": "Photos", "notice": ""}
        root = db.execute(insert(roots).values(row)).inserted_primary_key
        db.execute(insert(collections), [{"name": collection}])
    assert root is not None
    for start in range(0, count, _AT_ONCE):
        _insert_some(database, collection, int(root[0]), range(start, min(count, start + _AT_ONCE)))
    database.close()


def _insert_some(database: Database, collection: str, root: int, numbers: range) -> None:
    with database.transaction() as db:
        ids = take_ids(db, len(numbers))
        insert_rows(db, [(id_, _row(root, n)) for id_, n in zip(ids, numbers, strict=True)])
        these = pictures.c.id.between(ids[0], ids[-1])
        db.execute(update(pictures).where(these).values(added_at=_FIRST_DAY + pictures.c.id))
        marks = [{"collection": collection, "picture_id": id_} for id_ in ids]
        db.execute(insert(indexed), marks)
        labels = [{"label": f"label-{id_ % _LABELS}", "picture_id": id_} for id_ in ids]
        labels += [{"label": _COMMON, "picture_id": id_} for id_ in ids if id_ % 2]
        db.execute(insert(picture_labels), labels)


def _row(root: int, number: int) -> NewRow:
    facts = Facts(
        size=100_000 + number % 50_000,
        mtime_ns=1_700_000_000_000_000_000 + number,
        sha256=hashlib.sha256(str(number).encode()).hexdigest(),
        width=4_000 if number % 1_000 == 0 else 640,
        height=3_000 if number % 1_000 == 0 else 480 if number % 3 else 800,
        media_type="image/heic" if number % 4 == 0 else "image/jpeg",
        metadata=Metadata(
            Taken(taken_of(number)), "Rare" if number % 100_000 == 0 else f"Camera {number % 12}"
        ),
    )
    place = Place(root, f"{_TOP}/{number // _IN_A_FOLDER:04}/{number:07}.jpg")
    return NewRow(place, facts, f"Photo {number}")


def taken_of(number: int) -> datetime:
    """Not in the order in which rows came in; a million of them are twelve and a half years."""
    return datetime(2014, 1, 1) + timedelta(seconds=397 * (number * 7_919 % 1_000_003))


def fill_search(url: str, encoder: str, batches: Iterable[tuple[int, NDArray[np.float32]]]) -> None:
    """Each batch is the first of its ids, which rise by one, and its vectors."""
    name = collection_name(encoder)
    query, kind = {"collection": name, "encoder": encoder}, {"content-type": NPZ}
    with httpx2.Client(base_url=url, timeout=600, trust_env=False) as client:
        for start, vectors in batches:
            body = to_npz(ids=np.arange(start, start + len(vectors)), vectors=vectors)
            client.put("/vectors", content=body, params=query, headers=kind).raise_for_status()
        client.put("/default-collection", json={"collection": name}).raise_for_status()


def topic_vectors(count: int, encoder: str) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Topics with noise around them."""
    dimension = int(encoder.rsplit(":", 1)[1])
    random = np.random.default_rng(4)
    topics = random.standard_normal((_TOPICS, dimension), dtype=np.float32)
    for start in range(0, count, _AT_ONCE):
        size = min(_AT_ONCE, count - start)
        noise = random.standard_normal((size, dimension), dtype=np.float32)
        vectors = topics[random.integers(_TOPICS, size=size)] + _NOISE * noise
        yield start, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _settled(url: str, name: str, seconds: float = 1200) -> dict[str, Any]:
    """What the service says of the collection once that has stayed the same for a round of its upkeep."""
    until, since = time.monotonic() + seconds, time.monotonic()
    said: dict[str, Any] = {}
    while time.monotonic() < until and time.monotonic() - since < _UPKEEP_SECONDS:
        now = httpx2.get(f"{url}/collections/{name}", timeout=600, trust_env=False).json()
        if now != said:
            said, since = now, time.monotonic()
        time.sleep(0.5)
    return {key: said[key] for key in ("kind", "count", "bytes", "recall_at_10")}


def _cursor(random: np.random.Generator, count: int) -> str:
    return str(Cursor(int(random.integers(1, count + 1))))


def _date(random: np.random.Generator, count: int) -> str:
    return datetime.fromtimestamp(_FIRST_DAY + int(random.integers(count)), UTC).isoformat()


def _label(random: np.random.Generator) -> str:
    return f"label-{random.integers(_LABELS)}"


def _timed(client: httpx2.Client, query: Callable[[], Query], times: int) -> dict[str, float]:
    return percentiles(_ask(client, "/images", {"limit": str(_PAGE)} | query())[0] for _ in range(times))


def _walk(client: httpx2.Client, pages: int) -> Iterator[float]:
    """From the newest page on, as somebody who scrolls."""
    cursor: dict[str, str] = {}
    for _ in range(pages):
        seconds, page = _ask(client, "/images", {"limit": _PAGE} | cursor)
        yield seconds
        if not page["next"]:
            return
        cursor = {"cursor": page["next"]}


def _timed_search(
    client: httpx2.Client, random: np.random.Generator, count: int, times: int
) -> dict[str, float]:
    def once() -> float:
        seconds, _ = _ask(client, "/search", {"id": int(random.integers(count)), "k": 10})
        return seconds

    return percentiles(once() for _ in range(times))


def _ask(client: httpx2.Client, path: str, query: dict[str, Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    answer = client.get(path, params=query)
    seconds = time.perf_counter() - began
    answer.raise_for_status()
    return seconds, answer.json()


def percentiles(seconds: Iterator[float]) -> dict[str, float]:
    """Of all but the first tenth, which warms up what is cold."""
    measured = list(seconds)
    warm = np.array(measured[len(measured) // 10 :]) * 1e3
    p50, p99 = np.percentile(warm, [50, 99])
    return {"p50": round(float(p50), 2), "p99": round(float(p99), 2), "most": round(float(warm.max()), 2)}
