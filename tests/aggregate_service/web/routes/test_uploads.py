"""Pictures brought in over HTTP are searchable after their job, each content once; what is bad is named."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from aggregate_service.files.content_store import Aside, ContentStore
from tests.aggregate_service.conftest import World
from tests.aggregate_service.waiting import ended

Start = Callable[[], TestClient]


def png(colour: str | tuple[int, int, int], size: tuple[int, int] = (20, 10)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def files(**pictures: bytes) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [
        ("files", (name.replace("_", "."), data, "application/octet-stream"))
        for name, data in pictures.items()
    ]


def send(client: TestClient, parts: list[Any], **fields: str) -> dict[str, Any]:
    answer = client.post("/images", files=parts, data=fields)
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/jobs/{job['id']}"
    return job


def left_behind(world: World) -> list[Path]:
    return [path for path in (world.settings.upload_dir / "incoming").glob("*") if path.is_file()]


def test_pictures_become_searchable(world: World, start: Start) -> None:
    client = start()
    job = send(client, files(red_png=png("red"), blue_png=png("blue")), labels="toys, small,toys")
    assert (job["kind"], job["total"], job["waiting"]) == ("upload", 2, None)
    after = ended(client, job["id"])
    assert (after["state"], after["done"], after["failed"], after["errors"]) == ("done", 2, 0, [])
    assert len(after["pictures"]) == 2
    described = client.get(f"/images/{after['pictures'][0]}").json()
    assert (described["title"], described["labels"]) == ("red.png", ["small", "toys"])
    assert (described["width"], described["height"]) == (20, 10)
    assert client.get(described["url"]).content == png("red")
    found = client.post("/", files=files(query_png=png("red"))).json()
    assert found["results"][0]["similar"][0]["index"] == after["pictures"][0]
    assert left_behind(world) == []


def test_the_same_content_is_one_picture(world: World, start: Start) -> None:
    client = start()
    twice = send(client, files(a_png=png("red"), b_png=png("red")))
    first = ended(client, twice["id"])
    assert (first["done"], len(first["pictures"])) == (2, 1)
    again = ended(client, send(client, files(c_png=png("red")), labels="late")["id"])
    assert again["pictures"] == first["pictures"]
    assert len(world.vectors()) == 1
    assert len(list(world.settings.upload_dir.glob("??/??/*"))) == 1
    assert client.get(f"/images/{first['pictures'][0]}").json()["labels"] == ["late"]
    assert len(world.embedding.embedded_files) <= 2


def test_a_picture_of_the_folder_is_known(world: World, client: TestClient) -> None:
    before = world.vectors()
    data = (world.folder / "red.jpg").read_bytes()
    after = ended(client, send(client, files(copy_jpg=data))["id"])
    assert (after["state"], after["pictures"]) == ("done", [5])
    assert world.vectors() == before


def test_what_is_here_already_is_said_and_keeps_its_name(world: World, client: TestClient) -> None:
    data = (world.folder / "red.jpg").read_bytes()
    before = client.get("/images/5").json()
    after = ended(
        client, send(client, files(other_jpg=data, new_png=png("pink"), again_png=png("pink")))["id"]
    )
    assert after["counts"] == {"added": 1, "changed": 0, "kept": 2, "embedded": 1}
    assert client.get("/images/5").json() == before
    pink = after["pictures"][1]
    client.patch(f"/images/{pink}", json={"title": None})
    after = ended(client, send(client, files(third_png=png("pink")), labels="asked for")["id"])
    assert after["counts"]["kept"] == 1
    described = client.get(f"/images/{pink}").json()
    assert (described["title"], described["labels"]) == (None, ["asked for"])


def test_one_bad_file_spoils_no_other(world: World, start: Start) -> None:
    client = start()
    parts = files(
        good_png=png("red"), notes_png=b"hello", empty_png=b"", cut_png=png("blue", (400, 400))[:200]
    )
    job = send(client, parts)
    after = ended(client, job["id"])
    assert (after["state"], after["total"], after["done"], after["failed"]) == ("done", 4, 1, 3)
    said = {error["item"]: (error["status"], error["detail"]) for error in after["errors"]}
    assert said["notes.png"][0] == 415
    assert "isn't a picture" in said["notes.png"][1]
    assert said["empty.png"] == (422, "The file is empty.")
    assert said["cut.png"][0] == 422
    assert len(world.vectors()) == 1
    assert left_behind(world) == []


def test_nothing_but_bad_files_is_a_failed_job(start: Start) -> None:
    client = start()
    job = send(client, files(a_png=b"a", b_png=b"b"))
    assert (job["state"], job["failed"], len(job["errors"])) == ("failed", 2, 2)


def test_a_picture_that_is_too_large_is_its_items_error(world: World, start: Start) -> None:
    world.settings = world.settings.model_copy(update={"max_added_mb": 0.001})
    client = start()
    job = send(client, files(large_bmp=b"\0" * 5_000, small_png=png("red")))
    after = ended(client, job["id"])
    assert (after["done"], after["errors"][0]["item"], after["errors"][0]["status"]) == (1, "large.bmp", 413)
    assert left_behind(world) == []


@pytest.mark.parametrize(
    ("parts", "status", "said"),
    [
        ([], 422, "at least one picture"),
        ([("files", ("", b"", "application/octet-stream"))], 422, "at least one picture"),
        ([("files", (f"{i}.png", b"x", "image/png")) for i in range(6)], 422, "At most 5 files"),
        ([("files", ("a.csv", b"url\n", "text/csv")), ("files", ("a.png", b"x", "image/png"))], 422, "alone"),
        ([("files", ("v.npy", b"x", "application/octet-stream"))], 422, "one .csv, .txt or .json"),
    ],
    ids=["none", "empty field", "too many", "links and pictures", "vectors without a list"],
)
def test_what_cant_become_a_job_is_refused(
    world: World, start: Start, parts: list[Any], status: int, said: str
) -> None:
    world.settings = world.settings.model_copy(update={"max_upload_files": 5})
    client = start()
    boundary = {"content-type": "multipart/form-data; boundary=b"}
    answer = (
        client.post("/images", files=parts)
        if parts
        else client.post("/images", content=b"--b--\r\n", headers=boundary)
    )
    assert answer.status_code == status, answer.text
    assert said in answer.json()["detail"]
    assert client.get("/jobs").json() == {"jobs": []}
    assert left_behind(world) == []


@pytest.mark.parametrize(
    ("content_type", "body", "said"),
    [
        ("application/json", b"{}", "multipart/form-data"),
        ("multipart/form-data", b"x", "multipart/form-data"),
        ("multipart/form-data; boundary=b", b"nonsense--b--", "can't be read"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\nhalf", "closing boundary"),
    ],
)
def test_bodies_that_are_no_form(
    world: World, start: Start, content_type: str, body: bytes, said: str
) -> None:
    answer = start().post("/images", content=body, headers={"content-type": content_type})
    assert answer.status_code == 400
    assert said in answer.json()["detail"]
    assert left_behind(world) == []


def test_a_body_cut_short_leaves_nothing(world: World, start: Start) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n' + png("red")
    answer = start().post(
        "/images", content=body, headers={"content-type": "multipart/form-data; boundary=b"}
    )
    assert answer.status_code == 400
    assert left_behind(world) == []
    assert list(world.settings.upload_dir.glob("??/??/*")) == []


def test_a_request_may_be_larger_than_a_search_but_not_endless(world: World, start: Start) -> None:
    world.settings = world.settings.model_copy(update={"max_request_mb": 0.001, "max_upload_mb": 0.01})
    client = start()
    assert client.post("/", files=files(a_png=b"\0" * 5_000)).status_code == 413
    send(client, files(a_png=b"\0" * 5_000))
    assert client.post("/images", files=files(a_png=b"\0" * 50_000)).status_code == 413


def test_names_of_every_kind_are_kept(start: Start) -> None:
    client = start()
    names = ["größe 東京 🌲.png", "a\nb.png", "dir/inner.png", 'quote".png']
    parts = [("files", (name, png((40 * number, 10, 10)), "image/png")) for number, name in enumerate(names)]
    after = ended(client, send(client, parts)["id"])
    assert (after["done"], after["failed"]) == (4, 0)
    titles = [client.get(f"/images/{id_}").json()["title"] for id_ in after["pictures"]]
    assert titles[0] == names[0]
    assert titles[2] == "inner.png"


def test_browsers_are_led_to_the_job(start: Start) -> None:
    answer = start().post(
        "/images", files=files(a_png=png("red")), headers={"accept": "text/html"}, follow_redirects=False
    )
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/jobs/")


def test_labels_have_limits(start: Start) -> None:
    answer = start().post("/images", files=files(a_png=png("red")), data={"labels": "x" * 101})
    assert answer.status_code == 422
    assert "labels" in answer.json()["detail"]


class FullAside(Aside):
    """Its disk is full as soon as something is to be written."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._file.close()
        self._file = Path("/dev/full").open("wb")  # noqa: SIM115 - closed as every other is


class FullStore(ContentStore):
    def aside(self) -> Aside:
        return FullAside(self.scratch().parent)


def test_a_full_disk_is_said(world: World, start: Start) -> None:
    client = start()
    state: Any = client.app
    state.state.parts = replace(state.state.parts, contents=FullStore(world.settings.upload_dir))
    answer = client.post("/images", files=files(a_png=png("red")))
    assert answer.status_code == 507
    assert "no room left" in answer.json()["detail"]
    assert left_behind(world) == []
