"""A whole installation that keeps people's pictures in a bucket: all is as with a folder of its own."""

import asyncio
import io
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from aggregate_service.backup.archive import Backup
from aggregate_service.doctor.bucket import bucket as examined
from aggregate_service.files.uploads import content_store
from aggregate_service.main import restore
from tests.aggregate_service.bucket_server import KEY, SECRET, BucketServer
from tests.aggregate_service.conftest import World, new_world
from tests.aggregate_service.fakes import problem
from tests.aggregate_service.waiting import ended
from tests.aggregate_service.web.routes.test_uploads import files, png, send


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bucket_server: BucketServer) -> World:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMAGE_SEARCH_HOME", str(tmp_path))
    return in_bucket(new_world(tmp_path), bucket_server)


def in_bucket(world: World, server: BucketServer) -> World:
    incoming = world.settings.catalog_path.parent / "incoming"
    changes = {"uploads": server.new_bucket(), "incoming_dir": incoming, "undo_seconds": 0.0}
    return replace(world, settings=world.settings.model_copy(update=changes))


def kept(world: World) -> list[str]:
    """What lies in the bucket."""
    import obstore

    store = content_store(world.settings.bucket, world.folder).storage.store  # type: ignore[attr-defined]
    return sorted(each["path"] for some in obstore.list(store) for each in some)


def added(client: TestClient, data: bytes) -> dict[str, Any]:
    job = ended(client, send(client, files(new_png=data))["id"])
    assert (job["state"], job["done"]) == ("done", 1), job
    picture: dict[str, Any] = client.get(f"/images/{job['pictures'][0]}").json()
    return picture


def large() -> bytes:
    """Larger than what is read of a file at once."""
    file = io.BytesIO()
    Image.effect_noise((1_100, 1_000), 100).save(file, "PNG")
    return file.getvalue()


def test_a_picture_from_its_upload_to_its_end(world: World) -> None:
    data = large()
    with world.app() as client:
        picture = added(client, data)
        assert len(kept(world)) == 1
        local = [path for path in world.settings.incoming_dir.rglob("*") if path.is_file()]
        assert local == []
        found = client.post("/", files=files(query_png=data)).json()["results"][0]["similar"]
        assert found[0]["index"] == picture["id"]
        assert client.get(picture["thumbnail_url"]).status_code == 200
        assert client.delete(f"/images/{picture['id']}").status_code == 204
        deadline = monotonic() + 30
        while kept(world) and monotonic() < deadline:
            sleep(0.1)
    assert kept(world) == []


def test_the_file_and_its_ranges(world: World) -> None:
    data = large()
    with world.app() as client:
        url = added(client, data)["url"]
        whole = client.get(url)
        assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, data, "image/png")
        assert whole.headers["content-length"] == str(len(data))
        for asked, start, end in (
            ("bytes=0-99", 0, 100),
            ("bytes=1000100-", 1_000_100, len(data)),
            ("bytes=-7", len(data) - 7, len(data)),
            ("bytes=10-999999999", 10, len(data)),
        ):
            part = client.get(url, headers={"Range": asked})
            assert (part.status_code, part.content) == (206, data[start:end])
            assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{len(data)}"
        for ignored in ("bytes=0-1,5-6", "bytes=x", "pages=1-2", "bytes=-"):
            assert client.get(url, headers={"Range": ignored}).status_code == 200
        assert client.get(url, headers={"Range": f"bytes={len(data)}-"}).status_code == 416
        old = {"Range": "bytes=0-1", "If-Range": '"another"'}
        assert client.get(url, headers=old).status_code == 200
        assert client.get(url, headers=old | {"If-Range": whole.headers["etag"]}).status_code == 206
        assert client.get(url, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
        head = client.head(url)
        assert (head.headers["content-length"], head.content) == (str(len(data)), b"")
        assert client.get(f"{url}?metadata=no").status_code == 200


def test_a_bucket_that_is_away(world: World, bucket_server: BucketServer) -> None:
    with world.app() as client:
        first = added(client, png("red"))
        with bucket_server.away():
            for answer in (
                client.get(first["url"]),
                client.get(first["thumbnail_url"]),
                client.post("/images", files=files(blue_png=png("blue"))),
            ):
                assert answer.status_code == 503
                assert answer.headers["retry-after"]
                problem = answer.json()
                assert world.settings.uploads in problem["detail"]
                assert KEY not in answer.text
                assert SECRET not in answer.text
            assert client.post("/", files=files(query_png=png("red"))).status_code == 200
        assert client.get(first["url"]).content == png("red")
        assert added(client, png("blue"))["id"] > first["id"]


def test_jobs_wait_for_a_bucket(world: World, bucket_server: BucketServer) -> None:
    with world.app() as client:
        world.embedding.refusal = problem(503, "Starting.")
        job = send(client, files(red_png=png("red"), blue_png=png("blue")))
        bucket_server.stop()
        world.embedding.refusal = None
        try:
            deadline = monotonic() + 30
            while world.settings.uploads not in str(client.get(f"/jobs/{job['id']}").json()["waiting"]):
                assert monotonic() < deadline
                sleep(0.1)
        finally:
            bucket_server.start()
        after = ended(client, job["id"])
        assert (after["state"], after["done"], after["failed"]) == ("done", 2, 0)


def test_a_backup_holds_the_pictures_and_may_be_restored_to_a_folder(
    world: World, tmp_path: Path, bucket_server: BucketServer
) -> None:
    file, data = tmp_path / "all.backup", large()
    with world.app() as client:
        picture = added(client, data)
        file.write_bytes(client.post("/backup").content)
    with Backup(file) as backup:
        backup.verify()
        assert backup.manifest.uploads == 1
    folder = new_world(tmp_path / "in a folder")
    bucket = in_bucket(new_world(tmp_path / "in a bucket"), bucket_server)
    for fresh in (folder, bucket):
        settings = fresh.settings.model_copy(update={"restore_from": file})
        there = replace(fresh, settings=settings)
        asyncio.run(restore(there.settings, there.search_client()))
        with there.app() as client:
            assert client.get(picture["url"]).content == data
    assert len(kept(bucket)) == 1


def test_the_doctor_looks_at_it(world: World, bucket_server: BucketServer) -> None:
    url = world.settings.uploads
    assert (examined(url).level, url in examined(url).says) == ("ok", True)
    assert kept(world) == []
    with bucket_server.away():
        assert (examined(url).level, url in examined(url).says) == ("bad", True)
    assert examined("s3://no-such-bucket/x").level == "bad"
