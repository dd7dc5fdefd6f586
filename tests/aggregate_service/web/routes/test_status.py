"""The status of everything, for people and programs."""

from fastapi.testclient import TestClient

from aggregate_service.catalogue.records import Place
from aggregate_service.main import create_app
from tests.aggregate_service.conftest import World
from tests.aggregate_service.samples import copy_of
from tests.aggregate_service.servers import closed_port

BROWSER = {"accept": "text/html"}


def test_all_is_well(client: TestClient) -> None:
    report = client.get("/status").json()
    assert report["problems"] == []
    assert [service["ready"] for service in report["services"]] == [True, True, True]
    assert report["encoder"]["model"] == "average-colour"
    assert report["collection"]["count"] == 7
    hidden = {"missing": 0, "unreachable": 0}
    assert report["catalogue"] == {"label": "Colours", "pictures": 7, "searchable": 7} | hidden
    assert report["versions"]["Python"].startswith("3.")
    page = client.get("/status", headers=BROWSER)
    assert page.headers["content-type"].startswith("text/html")
    assert "Everything works" in page.text
    assert "7 pictures searchable" in page.text
    assert "Which encoder for what" in page.text
    assert "<code>google/siglip2-base-patch32-256</code>" in page.text


def test_pictures_that_cannot_be_found_yet_are_counted(client: TestClient, world: World) -> None:
    catalog = world.catalog()
    catalog.add([copy_of("a1"), copy_of("b2")])
    catalog.close()
    (problem,) = client.get("/status").json()["problems"]
    assert problem["detail"] == "2 of 9 pictures can't be found yet."
    assert "image-search index" in problem["next"]


def test_hidden_pictures_are_not_searchable(client: TestClient, world: World) -> None:
    """A picture whose file is gone keeps its vector, and can't be found."""
    catalog = world.catalog()
    place = next(catalog.roots.all_known_files(1))
    catalog.roots.lose([Place(1, place.path)], unreachable=True)
    catalog.close()
    report = client.get("/status").json()
    assert (report["collection"]["count"], report["catalogue"]["pictures"]) == (7, 6)
    assert (report["catalogue"]["searchable"], report["catalogue"]["unreachable"]) == (6, 1)
    (folder,) = client.get("/folders").json()["folders"]
    assert (folder["pictures"], folder["missing"], folder["unreachable"]) == (6, 0, 1)
    assert "6 pictures searchable" in client.get("/status", headers=BROWSER).text


def test_both_services_down_are_both_named(world: World) -> None:
    urls = {"embedding_api_url": closed_port(), "search_api_url": closed_port()}
    with TestClient(create_app(world.settings.model_copy(update=urls))) as client:
        report = client.get("/status").json()
        assert [service["ready"] for service in report["services"]] == [True, False, False]
        details = [problem["detail"] for problem in report["problems"]]
        assert ["embedding service" in details[0], "search service" in details[1]] == [True, True]
        assert report["encoder"] is report["collection"] is None
        page = client.get("/status", headers=BROWSER)
        assert page.status_code == 200
        assert "There are 2 problems" in page.text


def test_an_empty_collection_says_how_to_fill_it(world: World) -> None:
    with world.app() as client:
        (problem,) = client.get("/status").json()["problems"]
        assert "index" in problem["detail"]


def test_a_problem_elsewhere_is_a_page_for_people(client: TestClient) -> None:
    answer = client.get("/images/99", headers=BROWSER)
    assert answer.status_code == 404
    assert "There is no picture with the id 99" in answer.text
    assert client.get("/images/99").json()["status"] == 404
