"""`python -m benchmarks.compare --photos coco128.zip`: encoders × runtimes × index kinds in one table.

Quality by trec_eval with 95 % intervals, agreement with float32, latency, throughput, memory, bytes. What
can't be had here says so in its row.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.compare_measures import REFERENCE, index_rows, reference_vectors, runtime_names, runtime_row
from benchmarks.compare_measures import EncoderSource as Source
from benchmarks.machine import machine

_RESULTS = Path(__file__).parent / "results"
_RUNTIME_COLUMNS = (
    *("encoder", "runtime", "pictures_precision", "pictures_map", "words_precision", "words_map"),
    *("map_gain", "overlap_at_5", "least_cosine", "one_photo_ms", "photos_a_second", "memory_mb"),
)
_INDEX_COLUMNS = (
    "encoder",
    "index",
    "recall_at_10",
    "overlap_at_5",
    "map",
    "one_search_ms",
    "bytes_a_vector",
)
Row = dict[str, Any]


def main(arguments: list[str] | None = None) -> int:
    given = _parsed(arguments)
    rows: list[Row] = []
    indexes: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for source in given.encoder:
            photos = (given.photos, frozenset(given.ignore), given.most)
            made, index = _compared(source, photos, Path(folder))
            rows += made
            indexes += index
    result = {"machine": machine(), "photos": given.photos.name, "ignore": given.ignore, "k": 5}
    result |= {"runtimes": rows, "indexes": indexes}
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(result, indent=1) + "\n")
    print(
        f"\n{table(_RUNTIME_COLUMNS, rows)}\n\n{table(_INDEX_COLUMNS, indexes)}\n\nwritten to {given.output}"
    )
    return 0


def _compared(source: Source, photos: Any, folder: Path) -> tuple[list[Row], list[Row]]:
    """The rows of one encoder; each is measured in a process of its own, where memory is nobody else's."""
    kept = folder / f"{source.slug}.npz"
    if why := _alone(reference_vectors, source, photos, kept).get("why"):
        return [{"encoder": source.name, "runtime": REFERENCE, "why": why}], []
    rows = []
    for runtime in runtime_names():
        row = {"encoder": source.name, "runtime": runtime} | _alone(
            runtime_row, source, runtime, photos, kept
        )
        print(json.dumps(row), file=sys.stderr, flush=True)
        rows.append(row)
    index = [{"encoder": source.name} | row for row in _alone(index_rows, photos, kept).get("rows", [])]
    return rows, index


def _alone(measure: Callable[..., Row], *arguments: Any) -> Row:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        try:
            return pool.submit(measure, *arguments).result()
        except BrokenProcessPool:
            return {"why": "the process was killed, most likely for want of memory"}


def table(columns: tuple[str, ...], rows: list[Row]) -> str:
    """As Markdown; a row without figures has its reason in place of them."""
    lines = [f"| {' | '.join(column.replace('_', ' ') for column in columns)} |", "|" + "---|" * len(columns)]
    for row in rows:
        cells = [_cell(row.get(column)) for column in columns]
        if "why" in row:
            cells[2:] = [row["why"], *[""] * (len(columns) - 3)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if isinstance(value, list):  # a mean and its interval
        return f"{value[0]:.3f}" + (f" ({value[1]:.3f} to {value[2]:.3f})" if value[1] is not None else "")
    if isinstance(value, float):
        return f"{value:.4f}" if value <= 1 else f"{value:.1f}"
    return "" if value is None else str(value)


def _parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument(
        "--photos", type=Path, required=True, help="coco128.zip, or a folder of labels' folders"
    )
    parser.add_argument(
        "--encoder",
        type=Source.of,
        action="append",
        metavar="NAME[=FOLDER]",
        help="its weights are in FOLDER, or in the hub's cache",
    )
    parser.add_argument("--ignore", action="append", default=[], metavar="LABEL", help="it is to say nothing")
    parser.add_argument("--most", type=int, default=2_000, help="photos")
    parser.add_argument("--output", type=Path)
    given = parser.parse_args(arguments)
    given.encoder = given.encoder or [Source("mini"), Source("color-layout")]
    given.output = given.output or _RESULTS / f"compare-{given.photos.stem}.json"
    return given


if __name__ == "__main__":
    sys.exit(main())
