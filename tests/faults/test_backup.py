"""A backup of the whole product under load, restored by another that is killed while it restores."""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from aggregate_service.backup.archive import Backup
from aggregate_service.cli import main
from aggregate_service.client import ImageSearch
from tests.system.launcher import Launcher, launched
from tests.system.pictures import png, write_gallery

UPLOADS = int(os.environ.get("FAULT_BACKUP_UPLOADS", "300"))
KILLS = int(os.environ.get("FAULT_BACKUP_KILLS", "3"))
PATIENCE = 600.0
ENCODER = {"EMBEDDING_MODEL": "color-layout", "LOG_LEVEL": "WARNING"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_gallery(tmp_path / "pictures", 30)


def sent(url: str, place: Path, first: int, count: int) -> None:
    with ImageSearch(url) as images:
        for number in range(first, first + count):
            file = place / f"{number}.png"
            file.write_bytes(png((number % 256, number // 256, 99), (20 + number % 7, 20)))
            images.add([file], labels=[f"n{number % 10}"])


@contextmanager
def uploading(url: str, place: Path) -> Iterator[None]:
    place.mkdir()
    sent(url, place, 0, UPLOADS // 3)
    thread = threading.Thread(target=sent, args=(url, place, UPLOADS // 3, UPLOADS))
    thread.start()
    yield
    assert thread.is_alive(), "the backup was under load from its beginning to its end"
    thread.join()


def everything(url: str) -> dict[int, tuple[Any, bytes, list[tuple[float, int]]]]:
    """Each picture: what is known of it, its file, and the whole answer to it."""
    with ImageSearch(url) as images:
        for job in (job for job in images.jobs() if job.finished_at is None):
            for _ in images.follow(job):
                pass
        found = {}
        for picture in images.images():
            hits = images.search(id=picture.id, k=1000).hits
            answer = sorted((-round(hit.score, 4), hit.index) for hit in hits)
            found[picture.id] = picture, images.content(picture.url), answer
        return found


def test_every_picture_and_answer_after_kills(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "all.backup"
    with launched(_made(tmp_path / "first"), IMAGES=str(folder), **ENCODER) as first:
        first.wait_for("Ctrl-C stops it", PATIENCE)
        url = f"http://127.0.0.1:{first.port}"
        with uploading(url, tmp_path / "sent"):
            assert main(["backup", str(file), "--server", url]) == 0
        before = everything(url)
    other = _made(tmp_path / "second")
    given = ENCODER | {"IMAGES": str(folder), "RESTORE_FROM": str(file)}
    for _ in range(KILLS):
        with launched(other, **given) as second:
            kill_while_it_starts(second)
    with launched(other, **given) as second:
        second.wait_for("Ctrl-C stops it", PATIENCE)
        after = everything(f"http://127.0.0.1:{second.port}")
    with Backup(file) as backup:
        compare(before, after, backup.manifest.pictures)


def compare(before: dict[int, Any], after: dict[int, Any], backed_up: int) -> None:
    """Pictures of jobs that weren't over at that moment are younger there, and may have other ids."""
    same = {id_ for id_ in before.keys() & after.keys() if before[id_][0] == after[id_][0]}
    print(f"backup: {len(before)} pictures, {len(after)} restored, {len(same)} of them from that moment")
    assert len(same) >= backed_up
    assert len(after) >= 30 + UPLOADS // 3
    contents = {content for _, content, _ in before.values()}
    for id_, (_, content, answer) in after.items():
        assert content in contents
        if id_ in same:
            assert content == before[id_][1]
            here, there = ([hit for hit in hits if hit[1] in same] for hits in (answer, before[id_][2]))
            assert here == there


def kill_while_it_starts(launcher: Launcher) -> None:
    deadline = time.monotonic() + PATIENCE
    while "aggregate_service" not in launcher.services():
        assert time.monotonic() < deadline, launcher.said
        time.sleep(0.01)
    time.sleep(random.uniform(0.5, 3))
    for process in launcher.services().values():
        os.kill(process, signal.SIGKILL)
    launcher.process.kill()
    launcher.wait()


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
