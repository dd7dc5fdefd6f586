"""A backup that is taken while pictures come and go is restored elsewhere, with every picture and answer."""

import asyncio
import sqlite3
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from aggregate_service.access.keys import ApiKeys
from aggregate_service.access.rights import Right, needed
from aggregate_service.backup.archive import Backup
from aggregate_service.bundle.api import MoveError
from aggregate_service.clients.search import SearchClient
from aggregate_service.errors import CannotRestore
from aggregate_service.jobs.folder_jobs import FolderRun
from aggregate_service.local.config import LocalSettings
from aggregate_service.main import create_app, folder_of_the_start, restore
from tests.aggregate_service.conftest import World, new_world, take_over
from tests.aggregate_service.databases import empty_postgres
from tests.aggregate_service.fakes import COLLECTION, problem
from tests.aggregate_service.servers import closed_port
from tests.aggregate_service.waiting import ended
from tests.aggregate_service.web.routes.test_uploads import files, png, send
from tests.search_service.real_engines import PostgresServer


def in_postgres(world: World, server: PostgresServer) -> World:
    settings = world.settings.model_validate(
        world.settings.model_dump() | {"database_url": empty_postgres(server), "_env_file": None}
    )
    return replace(world, settings=settings)


def elsewhere(place: Path, file: Path) -> World:
    """An installation where nothing was done yet, which is to begin with the backup."""
    world = new_world(place / "elsewhere")
    return replace(world, settings=world.settings.model_copy(update={"restore_from": file}))


def start_restored(world: World) -> None:
    asyncio.run(restore(world.settings, world.search_client()))


def pictures(client: TestClient) -> dict[int, dict[str, Any]]:
    listed = client.get("/images?limit=1000").json()
    assert listed["next"] is None
    return {picture["id"]: picture for picture in listed["images"]}


def answers(client: TestClient, picture_id: int, among: set[int]) -> list[tuple[float, int]]:
    found = client.get(f"/search?id={picture_id}&k=1000").json()["results"][0]["similar"]
    return sorted((-round(hit["score"], 5), hit["index"]) for hit in found if hit["index"] in among)


def wait_for_all_jobs(client: TestClient) -> None:
    for job in client.get("/jobs").json()["jobs"]:
        ended(client, job["id"])


@contextmanager
def uploading(client: TestClient) -> Iterator[None]:
    """One after the other, with a deletion now and then, until the end; some were done at the beginning."""
    stop, under_way = threading.Event(), threading.Event()
    sent: list[str] = []

    def go_on() -> None:
        for number in count(1):
            picture = png((number % 251, 40 * number % 251, 7), (10 + number, 10))
            sent.append(send(client, files(one_png=picture), labels=f"n{number}")["id"])
            if number % 4 == 0 and (made := ended(client, sent[number - 3])["pictures"]):
                client.delete(f"/images/{made[0]}")
            if number == 6:
                under_way.set()
            if stop.is_set():
                return

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        assert under_way.wait(60)
        yield
    finally:
        stop.set()
        thread.join()


def take(client: TestClient, file: Path) -> Path:
    answer = client.post("/backup")
    assert answer.status_code == 200, answer.text
    file.write_bytes(answer.content)
    return file


@pytest.mark.parametrize("way", ["sqlite to postgresql", "postgresql to sqlite"])
def test_every_picture_and_answer_is_the_same_elsewhere(
    way: str, world: World, once_indexed: World, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    server: PostgresServer = request.getfixturevalue("postgres")
    if way.startswith("sqlite"):
        take_over(world, once_indexed)
    else:
        world = in_postgres(world, server)
        world.index(label="Colours", notice="")
    with world.app() as client:
        client.patch("/images/3", json={"title": "Grey", "labels": ["dull"]})
        with uploading(client):
            file = take(client, tmp_path / "all.backup")
        wait_for_all_jobs(client)
        other = elsewhere(tmp_path, file)
        if way.startswith("sqlite"):
            other = in_postgres(other, server)
        start_restored(other)
        with other.app() as restored:
            wait_for_all_jobs(restored)
            compare(client, restored, ids_in(file))
            assert send(restored, files(new_png=png("purple")))["state"] == "queued"
    assert not list(world.settings.upload_dir.glob("incoming/*"))


def ids_in(file: Path) -> set[int]:
    """The pictures of that moment; what an open job still brought in is younger."""
    with zipfile.ZipFile(file) as archive:
        catalogue = archive.extract("catalogue.db", file.parent)
    with closing(sqlite3.connect(catalogue)) as db:
        return {row[0] for row in db.execute("SELECT id FROM pictures")}


def compare(client: TestClient, restored: TestClient, backed_up: set[int]) -> None:
    before, after = pictures(client), pictures(restored)
    assert len(backed_up) >= 7 + 3
    assert backed_up <= after.keys()
    assert after[3]["title"] == "Grey"
    assert {restored.get(picture["url"]).status_code for picture in after.values()} == {200}
    common = backed_up & before.keys()  # some were deleted since
    for id_ in common:
        assert after[id_] == before[id_]
        url = before[id_]["url"]
        assert restored.get(url).content == client.get(url).content
        assert answers(restored, id_, common) == answers(client, id_, common)


@pytest.fixture
def backed_up(world: World, client: TestClient, tmp_path: Path) -> Path:
    """Seven pictures of a folder, and one that was added."""
    ended(client, send(client, files(added_png=png("yellow")))["id"])
    ApiKeys(world.catalog().database).make("nightly", Right.ADMIN)
    return take(client, tmp_path / "all.backup")


def test_a_restored_installation_starts_again_with_the_same_setting(backed_up: Path, tmp_path: Path) -> None:
    world = elsewhere(tmp_path, backed_up)
    assert served_by_itself(world, tmp_path) is not None
    start_restored(world)
    assert served_by_itself(world, tmp_path) is None  # it keeps its own folders
    with world.app() as client:
        ended(client, send(client, files(later_png=png("purple")))["id"])
    start_restored(world)
    with world.app() as client:
        assert len(pictures(client)) == 9


def served_by_itself(world: World, place: Path) -> FolderRun | None:
    """What a start without IMAGES serves where a gallery was fetched before."""
    (place / "coco-128/train").mkdir(parents=True, exist_ok=True)
    given = LocalSettings(_env_file=None, data_dir=place)
    return folder_of_the_start(given, world.catalog())


def test_nothing_is_restored_over_a_catalogue(backed_up: Path, world: World) -> None:
    full = replace(world, settings=world.settings.model_copy(update={"restore_from": backed_up}))
    vectors = world.vectors()
    with pytest.raises(CannotRestore, match="has folders or pictures already"):
        start_restored(full)
    assert world.vectors() == vectors


def test_nothing_is_mixed_with_other_vectors(backed_up: Path, world: World, tmp_path: Path) -> None:
    other = replace(elsewhere(tmp_path, backed_up), search=world.search)
    world.search.vectors[COLLECTION][99] = world.search.vectors[COLLECTION][0]
    with pytest.raises(CannotRestore, match="holds 1 vectors that the backup doesn't have"):
        start_restored(other)


def test_what_failed_in_the_middle_is_made_good_by_the_next_start(backed_up: Path, tmp_path: Path) -> None:
    world = elsewhere(tmp_path, damaged(backed_up, tmp_path / "bad.backup", "uploads/"))
    with pytest.raises(CannotRestore, match=r"can't be read|doesn't match"):
        start_restored(world)
    assert world.catalog().count() == 0
    world = replace(world, settings=world.settings.model_copy(update={"restore_from": backed_up}))
    start_restored(world)
    with world.app() as client:
        assert len(pictures(client)) == 8


def test_a_search_service_that_is_still_starting_is_waited_for(backed_up: Path, tmp_path: Path) -> None:
    world = elsewhere(tmp_path, backed_up)
    world.search.refusals.append(problem(503, "It is starting."))
    with pytest.raises(Exception, match="starting"):
        start_restored(world)  # in the middle of an upload of vectors: the next start goes on
    start_restored(world)
    assert len(world.vectors()) == 8


def test_every_damage_is_noticed(backed_up: Path, tmp_path: Path) -> None:
    with Backup(backed_up) as backup:
        backup.verify()
        assert (backup.manifest.pictures, backup.manifest.uploads) == (8, 1)
    for part in ("catalogue.db", "collections/", "uploads/"):
        with pytest.raises(MoveError), Backup(damaged(backed_up, tmp_path / "bad.backup", part)) as bad:
            bad.verify()
    (tmp_path / "half").write_bytes(backed_up.read_bytes()[: backed_up.stat().st_size // 2])
    with pytest.raises(MoveError, match="no backup that can be read"):
        Backup(tmp_path / "half")


def test_a_backup_takes_the_right_admin() -> None:
    assert needed("POST", "/backup") is Right.ADMIN


def test_a_search_service_that_is_away_is_said_before_anything_is_sent(
    world: World,
) -> None:
    away = SearchClient(closed_port())
    app = create_app(world.settings, embedding=world.embedding_client(), search_client=away)
    with TestClient(app) as client:
        answer = client.post("/backup")
    assert (answer.status_code, "SEARCH_API_URL" in answer.json()["detail"]) == (503, True)
    assert not list(world.settings.upload_dir.glob("incoming/*"))


def damaged(file: Path, copy: Path, part: str) -> Path:
    """One byte is another one, in the middle of the first member whose name begins so."""
    data = bytearray(file.read_bytes())
    with zipfile.ZipFile(file) as archive:
        member = next(each for each in archive.infolist() if each.filename.startswith(part))
    data[member.header_offset + 30 + len(member.filename) + 20 + member.file_size // 2] ^= 1
    copy.write_bytes(data)
    return copy
