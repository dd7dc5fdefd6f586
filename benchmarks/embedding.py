"""`python -m benchmarks.embedding --photos FOLDER_OR_ZIP [--encoder mini]`: the engine beside its limits."""

import argparse
import asyncio
import io
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

from PIL import Image

from benchmarks import embedding_measures as measures
from benchmarks.embedding_aims import reached
from benchmarks.embedding_client import clients, request_of
from benchmarks.embedding_measures import Measured
from benchmarks.machine import machine
from embedding_service.embedder import STILL_TRYING

POINTS = (
    "a_naive",
    "b_engine",
    "d_steps",
    "e_phone_photos_naive",
    "e_phone_photos_engine",
    "answers",
    "c_f_http",
)
ONLY_CHECKPOINTS = ("a_naive", "e_phone_photos_naive")
"""Points that transformers itself is measured at."""
COMPARED = {
    "a_naive": "photos_a_second",
    "b_engine": "photos_a_second",
    "d_steps": "limit_photos_a_second",
}
"""What is compared with one another, and by which figure: measured in turn, several times."""
RESULTS = Path(__file__).parent / "results"


def main(arguments: list[str] | None = None) -> int:
    options = _parsed(arguments)
    photos = read_photos(options.photos)
    cores = len(os.sched_getaffinity(0))
    setup = {
        "encoder": options.encoder or "CLIP ViT-B/32, random weights",
        "runtime": options.runtime,
        "decode_threads": options.decode_threads,
        "batch_size": options.batch_size,
        "singles": min(30, options.photos_each),
        "cores": cores,
    }
    results: dict[str, Any] = {"machine": machine(), "setup": setup, "photos": len(photos)}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        measured = options.encoder or write_random_vit_b_32(folder / "vit-b-32")
        points = _points(options, photos, measured, folder, setup)
        wanted = {name: measure for name, measure in points.items() if name in options.points}
        if options.encoder:
            wanted = {name: measure for name, measure in wanted.items() if name not in ONLY_CHECKPOINTS}
        compared = {name: wanted.pop(name) for name in COMPARED if name in wanted}
        results |= in_turn(compared, options.rounds)
        for name, measure in wanted.items():
            results[name] = measure()
            print(f"{name}: {json.dumps(results[name])}", flush=True)
    results["reached"] = reached(results)
    output = options.output or RESULTS / f"{'-'.join(filter(None, ('embedding', options.encoder)))}.json"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(results, indent=1) + "\n")
    for aim, told in results["reached"].items():
        print(f"{aim}: {told}")
    print(f"written to {output}")
    return 0


def _points(
    options: argparse.Namespace,
    photos: Sequence[bytes],
    measured: Measured,
    folder: Path,
    setup: dict[str, Any],
) -> dict[str, Callable[[], Any]]:
    some = list(islice(cycle(photos), options.photos_each))
    few = some[: max(64, options.photos_each // 4)]  # the naive way is slow
    phones = [phone_photo(photo) for photo in photos[: min(16, options.photos_each)]]
    return {
        "a_naive": lambda: _alone(measures.naive, measured, few),
        "b_engine": lambda: _alone(measures.engine, measured, some, folder, setup),
        "d_steps": lambda: _alone(measures.steps, measured, some, folder, setup),
        "e_phone_photos_naive": lambda: _alone(measures.naive, measured, phones),
        "e_phone_photos_engine": lambda: _alone(measures.engine, measured, phones, folder, setup),
        "answers": lambda: _alone(measures.answers),
        "c_f_http": lambda: over_http(some, measured, folder, setup, options.requests),
    }


def in_turn(measures: Mapping[str, Callable[[], dict[str, Any]]], rounds: int) -> dict[str, dict[str, Any]]:
    """Measure all, then all again: what slows the machine for a while slows each alike.

    Of each its median round, and beside it the figures of `rounds`.
    """
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            found[name].append(measure())
            print(f"{name}: {json.dumps(found[name][-1])}", flush=True)
    return {name: _median_round(results, COMPARED[name]) for name, results in found.items()}


def _median_round(results: Sequence[dict[str, Any]], figure: str) -> dict[str, Any]:
    middle = sorted(results, key=lambda result: float(result[figure]))[(len(results) - 1) // 2]
    return middle | {"rounds": [result[figure] for result in results]}


def over_http(
    photos: Sequence[bytes], measured: Measured, folder: Path, setup: dict[str, Any], requests: int
) -> dict[str, Any]:
    """(c) one client, then 32; 1,000 at once; (f) memory after each tenth of many requests."""
    with _service(measured, folder, setup) as service:
        port = service.port
        wire = [request_of(photo, port) for photo in photos]
        asyncio.run(clients(port, wire[:64], 8))
        one = _timed(port, wire[: setup["singles"]], 1)
        many = _timed(port, wire, 32)
        memory = []
        for _ in range(10):
            asyncio.run(clients(port, list(islice(cycle(wire), requests // 10)), 32))
            memory.append(round(_resident_bytes(service.process) / 1e6))
        crowd = _timed(port, list(islice(cycle(wire), 1000)), 1000)
    return {
        "runtime": service.runtime,
        "one_client": one,
        "clients_32": many,
        "resident_mb": memory,
        "deep_1000": crowd,
    }


def _timed(port: int, requests: Sequence[bytes], count: int) -> dict[str, Any]:
    began = time.perf_counter()
    answered = asyncio.run(clients(port, requests, count))
    seconds = time.perf_counter() - began
    good = [answer.seconds for answer in answered if answer.status == 200]
    return {
        "photos_a_second": round(len(good) / seconds, 1),
        "median_ms": round(median(good) * 1e3, 1),
        "slowest_ms": round(max(good) * 1e3, 1),
        "statuses": dict(Counter(answer.status for answer in answered)),
    }


@dataclass(frozen=True)
class Service:
    port: int
    process: int
    runtime: str


@contextmanager
def _service(measured: Measured, folder: Path, setup: dict[str, Any]) -> Iterator[Service]:
    """The real service in a process of its own, once its runtime has settled."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "HF_HOME": str(folder),
        "EMBEDDING_MODEL" if isinstance(measured, str) else "EMBEDDING_MODEL_PATH": str(measured),
        "EMBEDDING_FASTAPI_PORT": str(port),
        "EMBEDDING_RUNTIME": setup["runtime"],
        "EMBEDDING_DECODE_THREADS": str(setup["decode_threads"]),
        "EMBEDDING_BATCH_SIZE": str(setup["batch_size"]),
        "LOG_LEVEL": "WARNING",
    }
    process = subprocess.Popen([sys.executable, "-m", "embedding_service"], env=environment)
    try:
        yield Service(port, process.pid, _wait_for_runtime(port))
    finally:
        process.terminate()
        process.wait(30)


def _wait_for_runtime(port: int, seconds: float = 300) -> str:
    """Until the service has chosen what runs its encoder; what that is, and why."""
    ends_by = time.monotonic() + seconds
    while time.monotonic() < ends_by:
        time.sleep(0.2)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/models", timeout=5) as answer:
                models = json.load(answer)["models"]
        except OSError:
            continue
        facts = next((model for model in models if model["default"]), None)
        if facts and facts["runtime_why"] != STILL_TRYING:
            return f"{facts['runtime']} ({facts['runtime_why']})"
    raise TimeoutError("the service isn't ready")


def _resident_bytes(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def read_photos(place: Path) -> list[bytes]:
    """Every JPEG of a folder or an archive, in the order of their names."""
    if place.is_dir():
        return [path.read_bytes() for path in sorted(place.rglob("*.jpg"))]
    with zipfile.ZipFile(place) as archive:
        return [archive.read(name) for name in sorted(archive.namelist()) if name.endswith(".jpg")]


def phone_photo(photo: bytes) -> bytes:
    """The photo enlarged to 12 megapixels."""
    image = Image.open(io.BytesIO(photo)).convert("RGB")
    size = (4000, 3000) if image.width >= image.height else (3000, 4000)
    buffer = io.BytesIO()
    image.resize(size, Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def write_random_vit_b_32(folder: Path) -> Path:
    """CLIP ViT-B/32 in its full size, the public configuration (transformers' default), random weights."""
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPTokenizer

    CLIPModel(CLIPConfig()).save_pretrained(folder)
    CLIPImageProcessor().save_pretrained(folder)
    signs = [chr(code) for code in range(97, 123)]
    tokens = [*signs, *(f"{sign}</w>" for sign in signs), "<|startoftext|>", "<|endoftext|>"]
    CLIPTokenizer(vocab={token: i for i, token in enumerate(tokens)}, merges=[]).save_pretrained(folder)
    return folder


def _alone(work: Callable[..., dict[str, Any]], *given: Any) -> dict[str, Any]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(work, *given).result()


def _parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.embedding", description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="a folder or a zip of JPEG photos")
    parser.add_argument("--encoder", choices=("mini", "color-layout"), help="instead of a random ViT-B/32")
    parser.add_argument("--points", nargs="+", default=POINTS, choices=POINTS)
    parser.add_argument("--runtime", default="auto", help="as EMBEDDING_RUNTIME")
    parser.add_argument("--decode-threads", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--photos-each", type=int, default=512, help="photos for each measure")
    parser.add_argument("--rounds", type=int, default=3, help="of what is compared; medians are kept")
    parser.add_argument("--requests", type=int, default=10_000, help="requests for the memory's measure")
    parser.add_argument("--output", type=Path, help="in benchmarks/results, if it isn't said")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
