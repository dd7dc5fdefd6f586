"""The Python client against a service that keeps the contract."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from aggregate_service.client import ImageSearch, ImageSearchError, Weighted
from tests.aggregate_service.drawn import jpeg
from tests.aggregate_service.fake_service import FakeService, picture, problem
from tests.aggregate_service.servers import closed_port, serving


@pytest.fixture
def fake() -> FakeService:
    return FakeService()


@pytest.fixture
def images(fake: FakeService) -> Iterator[ImageSearch]:
    with serving(fake.app()) as url, ImageSearch(url, again_seconds=0.01) as client:
        yield client


def test_words_and_ids_with_weights(images: ImageSearch, fake: FakeService) -> None:
    found = images.search(text=["a red car", Weighted("night", -0.5)], id=17, url="http://x/a.jpg", k=2)
    assert [hit.index for hit in found.hits] == [0, 1]
    assert found.hits[0].score == 0.9
    assert fake.asked == [
        {"text": ["a red car", "night^-0.5"], "id": ["17"], "url": ["http://x/a.jpg"], "k": ["2"]}
    ]


def test_words_that_look_weighted_stay_words(images: ImageSearch, fake: FakeService) -> None:
    images.search(text=["x^2", "x^ .5 ", "x^y", Weighted("x", 1e-5)])
    assert fake.asked[0]["text"] == ["x^2^1", "x^ .5 ^1", "x^y", "x^0.00001"]


def test_pictures_are_uploaded(images: ImageSearch, fake: FakeService, tmp_path: Path) -> None:
    file = tmp_path / "naïve ночь.jpg"
    file.write_bytes(jpeg(1))
    found = images.search(pictures=[file, jpeg(2)], text="snow", collapse=True, min_score=0.2)
    assert len(found.results) == 2
    assert fake.asked[0]["files"] == [file.name, "picture"]
    assert fake.asked[0]["text"] == ["snow"]
    assert fake.asked[0]["collapse"] == ["true"]
    assert fake.asked[0]["min_score"] == ["0.2"]
    assert "weights" not in fake.asked[0]


def test_one_query_of_weighted_pictures(images: ImageSearch, fake: FakeService, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(jpeg(1))
    images.search(
        pictures=[Weighted(tmp_path / "a.jpg"), Weighted(str(tmp_path / "b.jpg"), -0.25)],
        combine="average",
        box=(0, 0.5, 1, 0.5),
    )
    assert fake.asked[0]["weights"] == ["1,-0.25"]
    assert fake.asked[0]["combine"] == ["average"]
    assert fake.asked[0]["box"] == ["0,0.5,1,0.5"]


def test_adding_and_following(images: ImageSearch, fake: FakeService, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    fake.cut_streams = 2
    fake.item_errors = [{"item": "a.jpg", "status": 422, "detail": "broken"}]
    job = images.add([tmp_path / "a.jpg"], labels=["pets", "dogs"])
    assert fake.received == [{"files": {"a.jpg": jpeg(1)}, "labels": "pets,dogs"}]
    seen = list(images.follow(job))
    assert [each.state for each in seen] == ["running", "running", "running", "done"]
    assert seen[-1].ended
    assert seen[-1].errors[0].detail == "broken"
    assert images.job(job.id) == images.jobs()[0] == seen[-1]


def test_folders(images: ImageSearch, fake: FakeService) -> None:
    job = images.add_folder(Path("/pictures"), label="Mine")
    assert list(images.follow(job))[-1].counts == {
        "searchable": 7,
        "added": 2,
        "changed": 0,
        "removed": 1,
        "embedded": 2,
    }
    (folder,) = images.folders()
    assert (folder.path, folder.label, folder.notice, folder.indexed) == ("/pictures", "Mine", "", None)
    assert images.scan_folder(folder.id).kind == "folder"
    images.forget_folder(folder.id)
    assert images.folders() == []
    with pytest.raises(ImageSearchError, match="no folder"):
        images.scan_folder(folder.id)


def test_a_name_that_is_no_utf8_is_sent_readably(
    images: ImageSearch, fake: FakeService, tmp_path: Path
) -> None:
    file = tmp_path / os.fsdecode(b"lat\xfcn.jpg")
    file.write_bytes(jpeg(1))
    images.add([file])
    assert list(fake.received[0]["files"]) == ["lat\\udcfcn.jpg"]


def test_a_job_is_cancelled_once(images: ImageSearch, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    job = images.add([tmp_path / "a.jpg"])
    assert images.cancel(job.id).state == "cancelled"
    with pytest.raises(ImageSearchError, match="ended already") as raised:
        images.cancel(job.id)
    assert raised.value.problem.status == 409


def test_an_unknown_job_isnt_followed(images: ImageSearch) -> None:
    with pytest.raises(ImageSearchError, match="no job nothing"):
        list(images.follow("nothing"))


def test_pictures_page_by_page(images: ImageSearch, fake: FakeService) -> None:
    assert [each.id for each in images.images(limit=3)] == list(range(7))
    fake.pictures[4]["labels"] = ["pets"]
    assert [each.id for each in images.images(label="pets")] == [4]
    assert images.page(2).total == 7


def test_deleting(images: ImageSearch, fake: FakeService) -> None:
    assert images.delete(3) == 1
    assert images.delete([1, 2]) == 2
    with pytest.raises(ImageSearchError, match="no picture with the id 3"):
        images.delete(3)
    fake.pictures.append(picture(50, labels=["pets"]))
    assert images.delete(label="pets") == 1
    assert [each["id"] for each in fake.pictures] == [0, 4, 5, 6]


def test_models_status_and_contents(images: ImageSearch) -> None:
    assert images.models().models[0].modalities == ["image", "text"]
    assert images.status()["jobs"]["running"] == 1
    assert images.content("/images/1/thumbnail") == jpeg(1)


def test_a_refusal_carries_its_problem(images: ImageSearch, fake: FakeService) -> None:
    fake.refusal = problem(409, "Nothing is indexed.")
    with pytest.raises(ImageSearchError, match="Nothing is indexed") as raised:
        images.search(text="red")
    assert raised.value.problem.status == 409
    assert raised.value.problem.title == "Conflict"


def test_nobody_there() -> None:
    with ImageSearch(closed_port()) as images, pytest.raises(ImageSearchError, match="reached") as raised:
        images.models()
    assert raised.value.problem.status == 0


@pytest.mark.parametrize("address", ["http://[", "ftp://x", "http://a b/"])
def test_no_address(address: str) -> None:
    with pytest.raises(ImageSearchError), ImageSearch(address) as images:
        images.models()


def test_something_else_answers() -> None:
    async def hello(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("hello", 404 if scope["path"] == "/jobs" else 200)(scope, receive, send)

    with serving(hello) as url, ImageSearch(url) as images:
        with pytest.raises(ImageSearchError, match="isn't an image search service"):
            images.models()
        with pytest.raises(ImageSearchError, match="isn't an image search service"):
            images.status()
        with pytest.raises(ImageSearchError, match="status 404 and no reason"):
            images.jobs()


def test_the_key_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGE_SEARCH_KEY", "from-outside")
    sent = []

    async def service(scope: Scope, receive: Receive, send: Send) -> None:
        sent.append(dict(scope["headers"]).get(b"authorization"))
        await PlainTextResponse("{}")(scope, receive, send)

    with serving(service) as url:
        for given in (None, "", "mine"):
            with ImageSearch(url, key=given) as images:
                images.status()
    assert sent == [b"Bearer from-outside", None, b"Bearer mine"]
