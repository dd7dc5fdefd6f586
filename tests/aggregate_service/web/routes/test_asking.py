"""Every way to ask, through HTTP: words, ids, links and pictures with weights, regions, filters, pages."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from starlette.responses import Response

from aggregate_service.catalogue.catalog import Facts, NewPicture, Place
from tests.aggregate_service.conftest import World, save_picture
from tests.aggregate_service.fakes import COLLECTION, FINGERPRINT, problem
from tests.aggregate_service.samples import all_pictures
from tests.aggregate_service.web.routes.test_search import upload

LINK = "https://pictures.test/red?size=1&at=a^b"


def paths(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    (result,) = answer.json()["results"]
    return [hit["path"] for hit in result["similar"]]


def id_of(client: TestClient, path: str) -> int:
    images = client.get("/images", params={"limit": 100}).json()["images"]
    return int(next(image["id"] for image in images if image["path"] == path))


def link(world: World, path: str, url: str) -> None:
    """Say that a picture of the folder was downloaded from there."""
    catalog = world.catalog()
    known = next(picture for picture in all_pictures(catalog) if picture.path == path)
    facts = Facts(known.size or 0, known.mtime_ns or 0, known.sha256 or "", 40, 30)
    catalog.add_content(NewPicture(Place(known.root_id, path), facts, None, url, ["linked"]))
    catalog.close()


def test_a_picture_of_the_catalogue_by_id_finds_itself_first(client: TestClient, world: World) -> None:
    red = id_of(client, "red.jpg")
    world.embedding.calls.clear()
    answer = client.get("/search", params={"id": red, "k": 3})
    assert paths(answer)[:2] == ["red.jpg", "dark-red.jpg"]
    assert answer.json()["results"][0]["text"] == f"picture {red}"
    assert answer.json()["fingerprint"] == FINGERPRINT
    assert "embed-image" not in world.embedding.calls
    hit = answer.json()["results"][0]["similar"][0]
    assert set(hit) == {
        "width",
        "height",
        "index",
        "score",
        "relevance",
        "path",
        "title",
        "labels",
        "source_url",
        "url",
        "view_url",
        "taken",
        "thumbnail_url",
    }
    assert (hit["score"], hit["labels"], hit["title"]) == (pytest.approx(1, abs=1e-4), [], None)


def test_by_link_with_what_is_known_of_the_hit(client: TestClient, world: World) -> None:
    link(world, "red.jpg", LINK)
    answer = client.get("/search", params={"url": LINK, "k": 1})
    assert paths(answer) == ["red.jpg"]
    hit = answer.json()["results"][0]["similar"][0]
    assert (hit["source_url"], hit["labels"]) == (LINK, ["linked"])


def test_what_is_not_in_the_catalogue_is_a_404_that_says_so(client: TestClient) -> None:
    by_id, by_link = {"id": "99"}, {"url": "https://no.test/x.jpg"}
    for answer in (client.get("/search", params=by_id), client.post("/", data=by_id)):
        assert answer.status_code == 404
        assert "no picture with the id 99 in the catalogue" in answer.json()["detail"]
    answer = client.get("/search", params=by_link)
    assert answer.status_code == 404
    assert "came from https://no.test/x.jpg" in answer.json()["detail"]


def test_a_picture_without_a_vector_yet_is_a_409_that_says_what_to_do(
    client: TestClient, world: World
) -> None:
    red = id_of(client, "red.jpg")
    del world.search.vectors[COLLECTION][red]
    answer = client.get("/search", params={"id": red})
    assert (answer.status_code, "not yet indexed" in answer.json()["detail"]) == (409, True)


def test_words_pictures_and_ids_are_one_weighted_query(client: TestClient) -> None:
    red, blue = id_of(client, "red.jpg"), id_of(client, "blue.png")
    assert paths(client.get("/search", params={"id": red, "text": "blue^-1", "k": 1})) == ["red.jpg"]
    assert paths(client.get("/search", params={"text": ["red^0.1", "blue^2"], "k": 1})) == ["blue.png"]
    mixed = client.get("/search", params={"id": [f"{red}^0.9", f"{blue}^0.1"], "text": "green^0.4"})
    assert mixed.json()["results"][0]["text"] == f"0.4 × green + 0.9 × picture {red} + 0.1 × picture {blue}"
    assert paths(client.post("/", data={"id": str(red), "text": "blue^-1", "k": 1})) == ["red.jpg"]


def test_words_are_added_to_each_upload(client: TestClient, world: World) -> None:
    answer = client.post("/", files=upload(world, "red.jpg", "grey.png"), data={"text": "green^0.5", "k": 7})
    red, grey = answer.json()["results"]
    assert (red["filename"], grey["filename"]) == ("red.jpg", "grey.png")
    assert red["similar"][0]["path"] == "orange.jpg"  # red with some green
    assert grey["similar"][0]["path"] in ("grey.png", "white.gif", "deep/green.webp")


def test_uploads_as_one_query(client: TestClient, world: World) -> None:
    files = upload(world, "red.jpg", "blue.png")
    average = client.post("/", files=files, data={"combine": "average", "weights": "1,0.2", "k": 1})
    assert paths(average) == ["red.jpg"]
    assert average.json()["results"][0]["text"] == "red.jpg + 0.2 × blue.png"
    assert paths(client.post("/", files=files, data={"combine": "any", "k": 2})) in (
        ["red.jpg", "blue.png"],
        ["blue.png", "red.jpg"],
    )
    between = paths(client.post("/", files=files, data={"combine": "all", "k": 7}))
    assert between[0] in ("white.gif", "grey.png")
    assert client.post("/", files=files, data={"combine": "all"}).json()["results"][0]["text"] == (
        "all of: red.jpg, blue.png"
    )


@pytest.mark.parametrize("combine", ["average", "all", "any"])
def test_a_combination_needs_every_upload(client: TestClient, world: World, combine: str) -> None:
    files = [*upload(world, "red.jpg"), ("files", ("notes.jpg", b"text"))]
    answer = client.post("/", files=files, data={"combine": combine})
    assert answer.status_code == 422
    assert "notes.jpg" in answer.json()["detail"]
    assert [error["filename"] for error in answer.json()["errors"]] == ["notes.jpg"]


@pytest.fixture
def halves(world: World, start: Callable[[], TestClient]) -> TestClient:
    """With a picture whose left half is red and whose right half is blue, turned by its EXIF orientation."""
    image = Image.new("RGB", (40, 40), (255, 0, 0))
    image.paste((0, 0, 255), (20, 0, 40, 40))
    image.save(world.folder / "halves.png")
    turned = image.rotate(90)  # shown as above after the quarter turn that its EXIF asks for
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(world.folder / "turned.png", exif=exif)
    save_picture(world.folder / "green-again.png", (0, 250, 0))
    world.index(label="Halves", notice="")
    return start()


@pytest.mark.parametrize("name", ["halves.png", "turned.png"])
@pytest.mark.parametrize(("box", "best"), [("0,0,0.5,1", "red.jpg"), ("0.5,0,0.5,1", "blue.png")])
def test_a_region_of_the_upright_picture(
    halves: TestClient, world: World, name: str, box: str, best: str
) -> None:
    by_id: dict[str, Any] = {"id": id_of(halves, name), "box": box, "k": 1}
    assert paths(halves.get("/search", params=by_id)) == [best]
    assert paths(halves.post("/", data=by_id)) == [best]
    assert paths(halves.post("/", files=upload(world, name), data={"box": box, "k": 1})) == [best]
    assert paths(halves.get("/search", params=by_id | {"box": "0,0,1,1"})) != [best]


def test_a_region_of_what_is_no_picture_is_that_files_problem(client: TestClient, world: World) -> None:
    files = [("files", ("notes.jpg", b"text")), *upload(world, "red.jpg")]
    notes, red = client.post("/", files=files, data={"box": "0,0,0.5,0.5"}).json()["results"]
    assert notes["problem"]["status"] == 415
    assert red["similar"][0]["path"] == "red.jpg"


def test_filters_by_label_folder_and_date(client: TestClient, world: World) -> None:
    link(world, "blue.png", "https://pictures.test/blue")
    asked: dict[str, Any] = {"text": "red", "k": 7}
    assert paths(client.get("/search", params=asked | {"label": "linked"})) == ["blue.png"]
    assert paths(client.post("/", data=asked | {"label": "linked"})) == ["blue.png"]
    assert paths(client.get("/search", params=asked | {"folder": "deep"})) == ["deep/green.webp"]
    assert len(paths(client.get("/search", params=asked | {"after": "2020-01-01"}))) == 7
    world.search.calls.clear()
    nothing = client.get("/search", params=asked | {"before": "2020-01-01"})
    assert paths(nothing) == []
    assert nothing.json()["results"][0]["nothing_close"] is True
    assert world.search.calls == []


def test_pages_min_score_and_collapse(client: TestClient) -> None:
    asked: dict[str, Any] = {"text": "red", "k": 7}
    whole = client.get("/search", params=asked).json()["results"][0]["similar"]
    page = client.get("/search", params={"text": "red", "k": 2, "offset": 2}).json()["results"][0]["similar"]
    assert page == whole[2:4]
    near = client.get("/search", params=asked | {"min_score": "0.9"}).json()["results"][0]["similar"]
    assert near == [hit for hit in whole if hit["score"] >= 0.9]
    folded = client.get("/search", params=asked | {"collapse": "true"}).json()["results"][0]["similar"]
    assert all(hit["duplicates"] >= 0 for hit in folded)
    assert len(folded) + sum(hit["duplicates"] for hit in folded) == 7


def test_the_same_answer_with_and_without_the_spread(client: TestClient, world: World) -> None:
    known = client.get("/search", params={"text": "red"}).json()["results"][0]["similar"]
    world.search.spread = False
    unknown = client.get("/search", params={"text": "red"}).json()["results"][0]["similar"]
    assert [hit["index"] for hit in known] == [hit["index"] for hit in unknown]
    assert all(0 <= hit["relevance"] <= 1 for hit in (*known, *unknown))


def test_a_named_model_and_an_id_ask_that_models_collection(client: TestClient, world: World) -> None:
    red = id_of(client, "red.jpg")
    assert paths(client.get("/search", params={"id": red, "model": "average-colour", "k": 1})) == ["red.jpg"]
    other = client.get("/search", params={"id": red, "model": "other"})
    assert (other.status_code, "other@1:4" in other.json()["detail"]) == (409, True)
    unknown = client.get("/search", params={"id": red, "model": "nobody"})
    assert (unknown.status_code, "known: average-colour, other" in unknown.json()["detail"]) == (404, True)


def test_older_names_of_the_parts(client: TestClient, world: World) -> None:
    red = id_of(client, "red.jpg")
    by_index = client.get("/search", params={"index": red, "k": 10})
    assert by_index.json() == client.get("/search", params={"id": red, "k": 10}).json()
    assert [set(hit) >= {"index", "score", "path"} for hit in by_index.json()["results"][0]["similar"]] == [
        True
    ] * 7
    by_words = client.get("/search", params={"search": "red", "k": 10})
    assert by_words.json() == client.get("/search", params={"text": "red", "k": 10}).json()
    link(world, "red.jpg", LINK)
    by_link = client.get("/search", params={"url": LINK, "k": 10}).json()["results"][0]["similar"]
    assert [hit["index"] for hit in by_link] == [
        hit["index"] for hit in by_index.json()["results"][0]["similar"]
    ]


def test_browsers_get_a_page_of_every_question(client: TestClient, world: World) -> None:
    browser = {"accept": "text/html"}
    red = id_of(client, "red.jpg")
    for answer in (
        client.get("/search", params={"id": red, "text": "blue^-0.5"}, headers=browser),
        client.post("/", files=upload(world, "red.jpg"), data={"text": "green"}, headers=browser),
        client.post(
            "/", files=upload(world, "red.jpg", "blue.png"), data={"combine": "any"}, headers=browser
        ),
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "red.jpg" in answer.text


@pytest.mark.parametrize("down", ["refused", "loading", "gone"])
def test_what_is_stored_is_searched_with_while_nothing_can_be_embedded(
    client: TestClient, world: World, down: str
) -> None:
    link(world, "red.jpg", LINK)
    red = id_of(client, "red.jpg")
    statuses = {
        "refused": problem(500, "A bug."),
        "loading": problem(503, "Loading."),
        "gone": Response("", 503),
    }
    world.embedding.refusal = statuses[down]
    asked: list[dict[str, Any]] = [
        {"id": red},
        {"index": red},
        {"url": LINK},
        {"id": [red, f"{red - 1}^-0.5"]},
    ]
    for question in [*asked, {"id": red, "model": "average-colour"}]:
        answer = client.get("/search", params=question | {"k": 1})
        assert paths(answer) == ["red.jpg"]
        assert (answer.json()["model"], answer.json()["fingerprint"]) == ("average-colour", FINGERPRINT)
    page = client.get("/search", params={"id": red}, headers={"accept": "text/html"})
    assert (page.status_code, f"/images/{red}/thumbnail" in page.text) == (200, True)
    needs: list[dict[str, Any]] = [{"text": "red"}, {"id": red, "text": "red"}, {"id": red, "box": "0,0,1,1"}]
    for needs_it in needs:
        assert client.get("/search", params=needs_it).status_code in (502, 503)
    assert client.get("/search", params={"id": red, "model": "other"}).status_code in (502, 503)


def test_a_link_is_looked_up_in_its_normal_form(client: TestClient, world: World) -> None:
    link(world, "red.jpg", "https://pictures.test/my%20red.jpg")
    for written in (
        "https://Pictures.TEST/my red.jpg",
        " https://pictures.test/my%20red.jpg#top",
        "https:/pictures.test/my red.jpg",
    ):
        assert paths(client.get("/search", params={"url": written, "k": 1})) == ["red.jpg"]
    answer = client.get("/search", params={"url": "red.jpg"})
    assert (answer.status_code, "isn't a link" in answer.json()["detail"]) == (422, True)


def test_words_that_the_encoder_cuts_are_said(client: TestClient, world: World) -> None:
    world.embedding.truncated = [0]
    answer = client.get("/search", params={"text": "red"})
    assert answer.json()["truncated"] is True
    (note,) = answer.json()["notes"]
    assert note["type"] == "urn:image-search:words-cut"
    page = client.get("/search", params={"text": "red"}, headers={"accept": "text/html"})
    assert "only their beginning counted" in page.text
    world.embedding.truncated = []
    assert not {"truncated", "notes"} & client.get("/search", params={"text": "red"}).json().keys()


def test_a_filter_that_means_no_picture_is_said(client: TestClient, world: World) -> None:
    client.patch("/images/0", json={"labels": ["dog"]})
    asked = {"label": ["dog", "dgo"], "folder": "deeep"}
    for answer in (
        client.get("/search", params=asked | {"text": "red"}),
        client.post("/", data=asked | {"text": "red"}),
        client.get("/images", params=asked),
        client.delete("/images", params=asked),
    ):
        assert [note["type"].rpartition(":")[2] for note in answer.json()["notes"]] == [
            "no-such-label",
            "no-picture-in-folder",
        ]
        assert "“dgo”" in answer.json()["notes"][0]["detail"]
    for address in ("/search?text=red&label=dgo", "/images?label=dgo"):
        assert "“dgo”" in client.get(address, headers={"accept": "text/html"}).text
    for known in ({"label": "dog"}, {"folder": "deep"}, {"label": "dog", "folder": "deep"}):
        assert "notes" not in client.get("/images", params=known).json()


@pytest.mark.parametrize(
    ("address", "field", "says"),
    [
        ("/images", "label", "it is called `labels`"),
        ("/images", "colour", "the fields are: files, labels"),
        ("/", "labels", "it is called `label`"),
        ("/", "treshold", "the fields are:"),
        ("/", "min-score", "it is called `min_score`"),
        ("/images/0/why", "txt", "it is called `text`"),
    ],
)
def test_a_field_that_nobody_reads_is_named(
    client: TestClient, world: World, address: str, field: str, says: str
) -> None:
    answer = client.post(address, files=upload(world, "red.jpg"), data={field: "x"})
    assert answer.status_code == 422
    assert repr(field) in answer.json()["detail"]
    assert says in answer.json()["detail"]


def test_older_calls_keep_their_own_fields(client: TestClient, world: World) -> None:
    for address in ("/upload_catalogue", "/uploadfiles/"):
        answer = client.post(address, files=upload(world, "red.jpg"), data={"model_id": "clip"})
        assert answer.status_code == 200


def test_several_regions_of_a_picture_are_each_answered(halves: TestClient, world: World) -> None:
    boxes = ["0,0,0.5,1", "0.5,0,0.5,1"]
    asked: dict[str, int | list[str]] = {"id": id_of(halves, "halves.png"), "box": boxes, "k": 1}
    results = halves.get("/search", params=asked).json()["results"]
    assert [result["similar"][0]["path"] for result in results] == ["red.jpg", "blue.png"]
    sent = halves.post("/", files=upload(world, "halves.png"), data={"box": boxes, "k": 1}).json()["results"]
    assert [result["similar"][0]["path"] for result in sent] == ["red.jpg", "blue.png"]
    page = halves.get("/search", params=asked, headers={"accept": "text/html"}).text
    assert page.count("<article>") == 2
    assert "Part 2 ·" in page


def test_regions_are_of_one_picture_and_not_too_many(client: TestClient) -> None:
    two = {"id": ["1", "2"], "box": ["0,0,0.5,1", "0.5,0,0.5,1"]}
    assert client.get("/search", params=two).status_code == 422
    many = {"id": "1", "box": ["0,0,1,1"] * 9}
    assert "At most 8 regions" in client.get("/search", params=many).json()["detail"]
