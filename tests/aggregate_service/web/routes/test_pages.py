"""What programs get as JSON, browsers get as pages, at the same addresses."""

from fastapi.testclient import TestClient

from aggregate_service.search.why import CELLS
from tests.aggregate_service.conftest import World
from tests.aggregate_service.waiting import ended
from tests.aggregate_service.web.routes.test_search import BROWSER, upload
from tests.aggregate_service.web.routes.test_uploads import files, png, send


def test_the_catalogue(client: TestClient) -> None:
    page = client.get("/images", headers=BROWSER)
    assert page.headers["content-type"].startswith("text/html")
    assert "7 pictures" in page.text
    assert page.text.count('class="open"') == 7
    assert 'width="40" height="30"' in page.text
    assert client.get("/images").json()["total"] == 7


def test_its_pages_lead_to_each_other(client: TestClient) -> None:
    first = client.get("/images", params={"limit": 3}, headers=BROWSER).text
    assert 'rel="next" href="/images?limit=3&amp;cursor=' in first
    cursor = client.get("/images", params={"limit": 3}).json()["next"]
    second = client.get("/images", params={"limit": 3, "cursor": cursor}, headers=BROWSER).text
    assert 'rel="prev" href="/images?limit=3&amp;cursor=' in second


def test_a_filter_form_with_empty_fields(client: TestClient) -> None:
    page = client.get("/images?label=&folder=&after=&before=", headers=BROWSER)
    assert "7 pictures" in page.text
    assert "No picture fits this filter" in client.get("/images?label=cat", headers=BROWSER).text


def test_a_picture(client: TestClient) -> None:
    page = client.get("/images/1", headers=BROWSER)
    assert "dark-red.jpg" in page.text
    assert 'href="/search?id=1"' in page.text
    assert client.get("/images/1").json()["path"] == "dark-red.jpg"


def test_deleting_by_form_offers_to_undo(client: TestClient) -> None:
    answer = client.post("/images/1/delete", headers=BROWSER, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/images?deleted=1")
    page = client.get("/images?deleted=1", headers=BROWSER).text
    assert 'action="/images/1/restore"' in page
    assert "6 pictures" in page


def test_jobs(client: TestClient) -> None:
    assert "Nothing has been added yet" in client.get("/jobs", headers=BROWSER).text
    started = client.post("/images", files={"files": ("a.jpg", b"no picture")})
    address = started.headers["location"]
    page = client.get(address, headers=BROWSER)
    assert "Uploaded pictures" in page.text
    assert "Uploaded pictures" in client.get("/jobs", headers=BROWSER).text
    missing = client.get("/jobs/none", headers=BROWSER)
    assert (missing.status_code, "There is nothing here" in missing.text) == (404, True)


def test_a_job_shows_what_it_added_and_not_what_was_deleted_since(client: TestClient) -> None:
    job = ended(client, send(client, files(a_png=png("pink"), b_png=png("gold")))["id"])
    first, second = (client.get(f"/images/{id_}").json() for id_ in job["pictures"])
    page = client.get(f"/jobs/{job['id']}", headers=BROWSER).text
    assert "?v=" in first["thumbnail_url"]
    assert all(f'src="{picture["thumbnail_url"]}"' in page for picture in (first, second))
    assert client.delete(f"/images/{first['id']}").is_success
    page = client.get(f"/jobs/{job['id']}", headers=BROWSER).text
    assert first["thumbnail_url"] not in page
    assert second["thumbnail_url"] in page


def test_a_question_in_an_address(client: TestClient) -> None:
    page = client.get("/search?id=5&text=blue^-0.5", headers=BROWSER).text
    assert client.get("/images/5").json()["path"] in page
    assert ">without</span>" in page
    assert 'href="/images/5/thumbnail?v=' in page


def test_words_alone_in_the_form_get_an_address(client: TestClient) -> None:
    form = {"text": "red", "k": "3", "combine": "each"}
    answer = client.post("/", data=form, headers=BROWSER, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/search?text=red&k=3")
    assert client.post("/", data=form).json()["results"][0]["text"] == "red"


def test_less_of_something_becomes_a_weight(client: TestClient) -> None:
    answer = client.get("/search?id=5&text=&less=blue", headers=BROWSER, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/search?id=5&text=blue%5E-0.5")
    plain = client.get("/search?id=5&text=red&less=", headers=BROWSER, follow_redirects=False)
    assert plain.headers["location"] == "/search?id=5&text=red"


def test_pictures_with_words(client: TestClient, world: World) -> None:
    files = upload(world, "red.jpg", "blue.png")
    page = client.post("/", files=files, data={"text": "green"}, headers=BROWSER).text
    assert page.count("<article") == 2
    together = client.post("/", files=files, data={"combine": "average"}, headers=BROWSER).text
    assert together.count("<article") == 1
    assert together.count('src="data:image/jpeg') == 2  # both that were put together


def test_why_a_picture_was_found(client: TestClient) -> None:
    scores = client.get("/images/5/why?text=red").json()["scores"]
    assert [len(row) for row in scores] == [CELLS] * CELLS
    assert client.get("/images/99/why?text=red").status_code == 404


def test_why_a_picture_was_found_by_pictures_of_ones_own(client: TestClient, world: World) -> None:
    sent = upload(world, "red.jpg")
    scores = client.post("/images/5/why", files=sent, data={"text": "red"}).json()["scores"]
    assert [len(row) for row in scores] == [CELLS] * CELLS
    refused = client.post("/images/5/why", files={"files": ("b.jpg", b"broken")})
    assert refused.status_code == 422
    assert "b.jpg" in refused.json()["detail"]
