"""A catalogue of a million rows, asked directly: pages in every order, months, suggestions, duplicates."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import make_url

from aggregate_service.catalogue.catalog import Catalog, PictureFilter
from aggregate_service.catalogue.database import Database, sqlite_url
from aggregate_service.catalogue.orders import SORTS, Sort
from aggregate_service.catalogue.paging import Cursor
from aggregate_service.catalogue.records import digits_of
from benchmarks.large_catalogue import fill_catalogue, percentiles, taken_of

_COLLECTION = "orders"
_PAGE = 16


def orders(folder: Path, count: int, questions: int, url: str = "") -> dict[str, Any]:
    database = url or str(sqlite_url(folder / "orders.db"))
    began = time.perf_counter()
    fill_catalogue(database, _COLLECTION, count, folder)
    filled = time.perf_counter() - began
    catalog, random = Catalog(Database(database)), np.random.default_rng(7)
    try:
        return {
            "rows": count,
            "database": make_url(database).get_backend_name(),
            "rows_seconds": round(filled, 1),
            "sorted_page_ms": {
                sort: _timed(partial(_page, catalog, sort, random, count, PictureFilter()), questions)
                for sort in SORTS
            },
            "sorted_and_filtered_page_ms": {
                name: _timed(partial(_page, catalog, "taken", random, count, wanted), questions)
                for name, wanted in _filters().items()
            },
            "filtered_page_ms": {
                name: _timed(partial(_page, catalog, "added", random, count, wanted), questions)
                for name, wanted in _filters().items()
            },
            "months_ms": _timed(catalog.months, min(questions, 20)),
            "suggestions_ms": {
                "label": _timed(
                    lambda: catalog.suggestions("label", f"l{'abel-'[: random.integers(6)]}"), questions
                ),
                "folder": _timed(
                    lambda: catalog.suggestions("folder", f"all/{random.integers(10)}"), questions
                ),
                "camera": _timed(lambda: catalog.suggestions("camera", "camera"), questions),
            },
            "duplicates_page_ms": _timed(partial(catalog.duplicates, _COLLECTION), min(questions, 20)),
        }
    finally:
        catalog.close()


def _filters() -> dict[str, PictureFilter]:
    return {
        "camera": PictureFilter.of(camera="Camera 7"),
        "rare_camera": PictureFilter.of(camera="Rare"),
        "label_of_every_second": PictureFilter.of(labels=["common"]),
        "a_month": PictureFilter.of(taken_after="2020-03", taken_before="2020-04"),
        "portrait_heic": PictureFilter.of(orientation="portrait", type="heic"),
        "large": PictureFilter.of(min_side="3000"),
    }


def _page(
    catalog: Catalog, sort: Sort, random: np.random.Generator, count: int, wanted: PictureFilter
) -> None:
    number = int(random.integers(count))
    keys: dict[Sort, int | str] = {
        "added": 0,
        "taken": digits_of(taken_of(number)),
        "name": f"photo {number}",
        "size": 100_000 + number % 50_000,
    }
    catalog.page(wanted, str(Cursor(number, sort=sort, key=keys[sort])), _PAGE, sort)


def _timed(work: Callable[[], object], times: int) -> dict[str, float]:
    def once() -> Iterator[float]:
        for _ in range(times):
            began = time.perf_counter()
            work()
            yield time.perf_counter() - began

    return percentiles(once())
