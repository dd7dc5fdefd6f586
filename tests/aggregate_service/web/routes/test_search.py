"""The read path through HTTP: pictures and words in, similar pictures out, as JSON and as a page."""

import re
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from tests.aggregate_service.conftest import World
from tests.aggregate_service.fakes import COLLECTION, FINGERPRINT, problem

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def upload(world: World, *names: str) -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", (name, (world.folder / name).read_bytes())) for name in names]


def test_each_upload_gets_its_five_pictures_in_order_of_upload(client: TestClient, world: World) -> None:
    answer = client.post("/", files=upload(world, "red.jpg", "blue.png")).json()
    assert answer["model"] == "average-colour"
    assert answer["fingerprint"] == FINGERPRINT
    assert answer["notice"] is None
    assert [result["filename"] for result in answer["results"]] == ["red.jpg", "blue.png"]
    for result in answer["results"]:
        assert set(result) == {"filename", "similar", "nothing_close"}
        hits = result["similar"]
        assert len(hits) == 5
        assert hits[0]["path"] == result["filename"]
        assert hits[0]["score"] == pytest.approx(1, abs=1e-4)
        assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)


def test_the_answers_urls_serve_the_pictures(client: TestClient, world: World) -> None:
    hit = client.post("/", files=upload(world, "red.jpg")).json()["results"][0]["similar"][0]
    assert hit["url"] == f"/images/{hit['index']}/file"
    assert client.get(hit["url"]).content == (world.folder / "red.jpg").read_bytes()
    assert client.get(hit["thumbnail_url"]).headers["content-type"] == "image/webp"


def test_scores_come_unrounded(client: TestClient, world: World) -> None:
    hits = client.post("/", files=upload(world, "red.jpg")).json()["results"][0]["similar"]
    assert any(len(str(hit["score"])) > 8 for hit in hits)


@pytest.mark.parametrize("k", [1, 7, 1000])
def test_k_is_a_ceiling(client: TestClient, world: World, k: int) -> None:
    answer = client.post("/", files=upload(world, "red.jpg"), data={"k": k}).json()
    assert len(answer["results"][0]["similar"]) == min(k, 7)


def test_a_bad_picture_spoils_no_other(client: TestClient, world: World) -> None:
    files = [*upload(world, "red.jpg"), ("files", ("notes.jpg", b"text")), *upload(world, "blue.png")]
    answer = client.post("/", files=files)
    assert answer.status_code == 200
    red, notes, blue = answer.json()["results"]
    assert (red["similar"][0]["path"], blue["similar"][0]["path"]) == ("red.jpg", "blue.png")
    assert set(notes) == {"filename", "problem"}
    assert set(notes["problem"]) == {"type", "title", "status", "detail"}
    assert notes["problem"]["status"] == 422


def test_one_embed_call_and_one_search_call_with_the_requests_id(client: TestClient, world: World) -> None:
    world.embedding.calls.clear()
    client.post("/", files=upload(world, "red.jpg", "blue.png"), headers={"x-request-id": "abc"})
    assert world.embedding.calls.count("embed-image") == 1
    assert world.search.calls.count("search") == 1
    assert world.embedding.request_ids[-1] == "abc"


def test_words_by_get_and_by_post(client: TestClient) -> None:
    by_get = client.get("/search", params={"text": " red ", "k": 2}).json()
    assert set(by_get["results"][0]) == {"text", "similar", "nothing_close"}
    assert by_get["results"][0]["text"] == "red"
    assert [hit["path"] for hit in by_get["results"][0]["similar"]] == ["red.jpg", "dark-red.jpg"]
    assert client.post("/", data={"text": "red", "k": 2}).json() == by_get


def test_the_encoders_notice_is_in_the_answer(world: World, client: TestClient) -> None:
    world.embedding.notice = "Weights couldn't be had."
    assert client.get("/search", params={"text": "red"}).json()["notice"] == "Weights couldn't be had."


def test_ids_beyond_the_catalogue_are_left_out(
    client: TestClient, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.search.vectors[COLLECTION][2**62] = world.search.vectors[COLLECTION][5]
    answer = client.post("/", files=upload(world, "red.jpg"))
    assert answer.status_code == 200
    assert len(answer.json()["results"][0]["similar"]) == 4
    assert "aren't in the catalogue" in caplog.text


def test_another_encoder_is_a_409_that_says_what_to_do(client: TestClient, world: World) -> None:
    world.embedding.fingerprint = "newer@2:4"
    answer = client.post("/", files=upload(world, "red.jpg"))
    assert answer.status_code == 409
    assert "newer@2:4" in answer.json()["detail"]
    assert "image-search index" in answer.json()["detail"]
    assert client.get("/readyz").status_code == 503
    world.index()
    assert client.post("/", files=upload(world, "red.jpg")).status_code == 200


def test_problems_of_the_other_services_pass_through(client: TestClient, world: World) -> None:
    world.embedding.refusal = problem(429, "The queue is full.", headers={"Retry-After": "3"})
    answer = client.post("/", files=upload(world, "red.jpg"))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
    assert answer.json()["detail"] == "The queue is full."
    world.embedding.refusal = problem(503, "Loading the weights.")
    answer = client.post("/", files=upload(world, "red.jpg"))
    assert answer.status_code == 503
    assert answer.json()["detail"] == "The embedding service isn't ready: Loading the weights."
    world.embedding.refusal = None
    unknown = client.post("/", files=upload(world, "red.jpg"), data={"model": "no-such-model"})
    assert (unknown.status_code, "known: average-colour" in unknown.text) == (404, True)


def test_a_failing_service_is_a_502_that_names_it(client: TestClient, world: World) -> None:
    world.search.refusals.append(problem(500, "Out of luck."))
    answer = client.get("/search", params={"text": "red"})
    assert (answer.status_code, answer.json()["detail"]) == (502, "The search service failed: Out of luck.")
    assert client.get("/search", params={"text": "red"}).status_code == 200


def test_browsers_get_a_page_with_strict_headers(client: TestClient, world: World) -> None:
    for answer in (
        client.get("/", headers=BROWSER),
        client.post("/", files=upload(world, "red.jpg"), headers=BROWSER),
        client.post("/uploadfiles/", files=upload(world, "red.jpg"), headers=BROWSER),
        client.get("/search", params={"text": "red"}, headers=BROWSER),
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"]
        assert answer.headers["vary"] == "Accept, Accept-Language, Cookie, Fragment, Accept-Encoding"


def test_the_page_shows_previews_that_are_not_kept(client: TestClient, world: World) -> None:
    before = sorted(world.settings.catalog_path.parent.rglob("*"))
    page = client.post("/", files=upload(world, "red.jpg"), headers=BROWSER).text
    assert "data:image/jpeg;base64," in page
    assert sorted(world.settings.catalog_path.parent.rglob("*")) == before
    assert not world.settings.upload_dir.exists()


def test_programs_learn_from_get_what_the_page_says(client: TestClient) -> None:
    assert client.get("/").json() == {
        "encoder": "average-colour",
        "notice": None,
        "gallery": "Colours",
        "gallery_notice": None,
        "count": 7,
        "problem": None,
        "models": ["average-colour"],
        "indexing": None,
    }


def test_a_browsers_problem_is_a_page_with_the_right_status(client: TestClient, world: World) -> None:
    for fields, status in (({"k": "0"}, 422), ({"k": "abc"}, 422), ({"model": "no-such-model"}, 404)):
        answer = client.post("/", files=upload(world, "red.jpg"), data=fields, headers=BROWSER)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert client.get("/images/99", headers=BROWSER).headers["content-type"] == "text/html; charset=utf-8"
    assert client.get("/images/99").headers["content-type"] == "application/problem+json"
    world.embedding.refusal = problem(429, "Full.", headers={"Retry-After": "3"})
    answer = client.post("/", files=upload(world, "red.jpg"), headers=BROWSER)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")


def test_nothing_indexed_yet_still_loads_and_says_so(start: Callable[[], TestClient]) -> None:
    client = start()
    status = client.get("/").json()
    assert status["problem"]["status"] == 409
    assert status["count"] == 0
    assert status["gallery"] == "pictures"
    assert client.get("/", headers=BROWSER).status_code == 200
    # A search of nothing finds nothing: that is no failure, and names no setting.
    assert client.get("/search?text=red").json()["results"][0]["similar"] == []
    page = client.get("/search?text=red", headers=BROWSER)
    assert page.status_code == 200
    assert "There are no pictures here yet." in page.text
    assert not re.search(r"[A-Z]+_[A-Z_]+|PUT /", page.text)


def test_people_get_thirty_and_what_follows_alone(client: TestClient) -> None:
    """Programs get five, as they always did; our own scripts ask for fragments, which ask no service for its
    status."""
    assert client.get("/search?text=red&k=1", headers=BROWSER).text.count("<li>") >= 1
    assert len(client.get("/search?text=red").json()["results"][0]["similar"]) == 5
    page = client.get("/search?text=red", headers=BROWSER).text
    assert page.count('class="shape"') == 7
    assert "offset" not in page
    alone = client.get("/search?text=red&k=2&offset=2", headers=BROWSER | {"fragment": "2"}).text
    assert alone.count('class="shape"') == 2
    assert "<html" not in alone
    assert 'href="/search?text=red&amp;k=2&amp;offset=4"' in alone
    picture = client.get("/images/5", headers=BROWSER | {"fragment": "2"}).text
    assert 'class="panel"' in picture
    assert "<html" not in picture
    listed = client.get("/images?limit=3", headers=BROWSER | {"fragment": "2"}).text
    assert listed.count('class="shape"') == 3
    assert "<html" not in listed
    refused = client.get("/search?id=99", headers=BROWSER | {"fragment": "2"})
    assert refused.status_code == 404
    assert "<html" not in refused.text
    assert 'class="reason"' in refused.text


def test_readiness_names_the_encoder_and_count(client: TestClient) -> None:
    answer = client.get("/readyz").json()
    assert (answer["status"], answer["model"], answer["count"]) == ("ready", "average-colour", 7)


def test_every_step_is_timed(client: TestClient, world: World) -> None:
    client.post("/", files=upload(world, "red.jpg"))
    metrics = client.get("/metrics").text
    for step in ("embed", "search", "catalogue"):
        assert f'step_seconds_count{{step="{step}"}} 1.0' in metrics


def test_openapi_documents_problems_and_both_answers(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert {"200", "409", "422", "429", "503"} <= set(paths["/"]["post"]["responses"])
    assert set(paths["/"]["post"]["responses"]["200"]["content"]) == {"application/json", "text/html"}
    assert {"/search", "/uploadfiles", "/similarity-search", "/images/{picture_id}/file"} <= set(paths)
