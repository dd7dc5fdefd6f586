"""Pictures over HTTP: safe paths, real types, caches that are right."""

import sys
from collections.abc import Callable
from io import BytesIO

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tests.aggregate_service.conftest import World, save_picture
from tests.aggregate_service.waiting import ended
from tests.embedding_service.drawn import quadrants
from tests.picture_files.cameras import dng, small_heic
from tests.waiting import wait_until


def test_what_is_known_of_a_picture(client: TestClient) -> None:
    answer = client.get("/images/0").json()
    assert (answer["id"], answer["path"], answer["width"], answer["height"]) == (0, "blue.png", 40, 30)
    assert answer["thumbnail_url"] == f"/images/0/thumbnail?v={answer['sha256'][:12]}"


def test_the_file_is_served_as_it_is_with_its_real_type(client: TestClient, world: World) -> None:
    answer = client.get("/images/2/file")
    assert answer.content == (world.folder / "deep/green.webp").read_bytes()
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_misnamed_file_is_typed_by_its_content(client: TestClient, world: World) -> None:
    save_picture(world.folder / "really.png", "navy").rename(world.folder / "really-png.jpg")
    world.index()
    assert client.get("/images/7/file").headers["content-type"] == "image/png"


def test_a_file_that_became_html_is_not_served(client: TestClient, world: World) -> None:
    (world.folder / "blue.png").write_text("<script>alert(1)</script>")
    assert client.get("/images/0/file").status_code == 422
    assert client.get("/images/1/file").status_code == 200


def test_unchanged_file_is_a_304_and_a_changed_one_is_not(client: TestClient, world: World) -> None:
    etag = client.get("/images/0/file").headers["etag"]
    again = client.get("/images/0/file", headers={"if-none-match": f'"other", W/{etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    save_picture(world.folder / "blue.png", "navy", (41, 30))
    assert client.get("/images/0/file", headers={"if-none-match": etag}).status_code == 200


def test_part_of_a_file(client: TestClient, world: World) -> None:
    answer = client.get("/images/0/file", headers={"range": "bytes=0-7"})
    assert (answer.status_code, answer.content) == (206, b"\x89PNG\r\n\x1a\n")


def test_thumbnails_named_by_content_may_be_kept_for_ever(client: TestClient) -> None:
    url = client.get("/images/0").json()["thumbnail_url"]
    answer = client.get(url)
    assert "immutable" in answer.headers["cache-control"]
    assert client.get(url, headers={"if-none-match": answer.headers["etag"]}).status_code == 304
    for other in ("/images/0/thumbnail", "/images/0/thumbnail?v=", "/images/0/thumbnail?v=000000000000"):
        assert client.get(other).headers["cache-control"] == "no-cache"


def test_a_thumbnail_is_made_once_and_kept_under_its_contents_hash(client: TestClient, world: World) -> None:
    picture = client.get("/images/0").json()
    first = client.get("/images/0/thumbnail").content
    (kept,) = world.settings.thumbnails_dir.rglob("*.webp")
    assert kept.name.startswith(picture["sha256"])
    (world.folder / "blue.png").unlink()
    assert client.get("/images/0/thumbnail").content == first


def test_thumbnails_are_small_and_upright(client: TestClient, world: World) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90°
    Image.new("RGB", (1000, 500)).save(world.folder / "turned.jpg", exif=exif)
    world.index()
    assert (client.get("/images/7").json()["width"], client.get("/images/7").json()["height"]) == (500, 1000)
    for query, size in (("", (128, 256)), ("?size=512", (256, 512)), ("?size=1024", (500, 1000))):
        with Image.open(BytesIO(client.get(f"/images/7/thumbnail{query}").content)) as thumbnail:
            assert thumbnail.size == size
    assert client.get("/images/7/thumbnail?size=4096").status_code == 422
    assert len(list(world.settings.thumbnails_dir.rglob("*.webp"))) == 3


def test_an_unwritable_thumbnail_folder_costs_only_time(client: TestClient, world: World) -> None:
    world.settings.thumbnails_dir.write_text("in the way")
    assert client.get("/images/0/thumbnail").status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/images/7", 404),
        ("/images/7/file", 404),
        ("/images/7/thumbnail", 404),
        ("/images/-1/file", 404),
        (f"/images/{2**63}/file", 404),
        (f"/images/{10**30}/file", 404),
        ("/images/abc/file", 422),
        ("/images/%2e%2e%2f%2e%2e%2fsecret.png", 404),
        ("/images/..%2f..%2fsecret.png/file", 404),
        ("/images/0/../../secret.png", 404),
        ("/static/..%2f..%2fpyproject.toml", 404),
        ("/static/%2e%2e/%2e%2e/pyproject.toml", 404),
    ],
)
def test_bad_paths_are_problems_and_the_next_request_works(
    shared_client: TestClient, shared_world: World, path: str, status: int
) -> None:
    save_picture(shared_world.folder.parent / "secret.png", "black")
    answer = shared_client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert shared_client.get("/images/0/file").status_code == 200


def test_a_vanished_file_is_a_404(client: TestClient, world: World) -> None:
    (world.folder / "blue.png").unlink()
    assert client.get("/images/0/file").status_code == 404
    assert client.get("/images/1/file").status_code == 200


def test_what_phones_and_cameras_write_is_searched_and_shown(client: TestClient, world: World) -> None:
    (world.folder / "phone.heic").write_bytes(small_heic())
    (world.folder / "camera.dng").write_bytes(dng(quadrants(80, 40)))
    assert world.index().added == 2
    for picture_id, media_type in ((7, "image/x-raw"), (8, "image/heic")):
        known = client.get(f"/images/{picture_id}").json()
        assert (known["width"], known["height"], known["searchable"]) == (80, 40, True)
        assert client.get(known["url"]).headers["content-type"] == media_type
        seen = client.get(known["view_url"])
        assert (seen.headers["content-type"], seen.content[8:12]) == ("image/webp", b"WEBP")
        etag = {"if-none-match": seen.headers["etag"]}
        assert client.get(known["view_url"], headers=etag).status_code == 304
    assert client.get("/images/0/view").content == client.get("/images/0/file").content


def test_raw_that_cannot_be_read_is_counted_and_the_job_says_how(
    start: Callable[[], TestClient], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rawpy", None)
    (world.folder / "camera.dng").write_bytes(dng(quadrants(80, 40)))
    world.settings = world.settings.model_copy(update={"watch_folders": str(world.folder)})
    client = start()
    wait_until(lambda: client.get("/jobs").json()["jobs"], "the folder to be scanned, once it is watched")
    job = ended(client, client.get("/jobs").json()["jobs"][-1]["id"])
    assert (job["counts"]["unsupported"], job["counts"]["raw"], job["failed"]) == (1, 1, 0)
    assert "image-search[raw]" in job["notes"][0]["detail"]
    page = client.get(f"/jobs/{job['id']}", headers={"accept": "text/html"}).text
    assert "RAW files that were left out: 1." in page
    sent = client.post("/images", files={"files": ("camera.dng", dng(quadrants()))}).json()
    (error,) = ended(client, sent["id"])["errors"]
    assert (error["status"], "image-search[raw]" in error["detail"]) == (415, True)
