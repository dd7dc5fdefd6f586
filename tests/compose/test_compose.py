"""The deployment from outside: a search by the published port, the two local APIs, hardening, scaling."""

import io
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from tests.compose.conftest import wait_until_ready
from tests.compose.pictures import jpeg
from tests.compose.stack import Stack, run

SERVICES = ("aggregate_service", "embedding_service", "embedding_api", "search_service")
SUNSET, SEA = jpeg(230, 120, 60), jpeg(60, 120, 200)


def search_by_pictures(aggregate: httpx2.Client, *pictures: bytes) -> Any:
    files = [("files", (f"{number}.jpg", picture, "image/jpeg")) for number, picture in enumerate(pictures)]
    answer = aggregate.post("/", files=files, headers={"accept": "application/json"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_two_photos_get_five_pictures_each(aggregate: httpx2.Client) -> None:
    answer = search_by_pictures(aggregate, SUNSET, SEA)
    assert [result["filename"] for result in answer["results"]] == ["0.jpg", "1.jpg"]
    for result in answer["results"]:
        scores = [hit["score"] for hit in result["similar"]]
        assert len(scores) == 5
        assert scores == sorted(scores, reverse=True)
        for hit in result["similar"]:
            for url in (hit["url"], hit["thumbnail_url"]):
                picture = aggregate.get(url)
                assert picture.status_code == 200
                assert Image.open(io.BytesIO(picture.content)).width > 0


def test_an_indexed_picture_finds_itself_first(aggregate: httpx2.Client) -> None:
    hit = search_by_pictures(aggregate, SUNSET)["results"][0]["similar"][2]
    again = search_by_pictures(aggregate, aggregate.get(hit["url"]).content)["results"][0]["similar"][0]
    assert again["index"] == hit["index"]
    assert again["score"] == pytest.approx(1, abs=1e-3)


def test_the_page_is_served(aggregate: httpx2.Client) -> None:
    page = aggregate.get("/", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "<form" in page.text


def test_published_wider_without_a_password_it_does_not_start(stack: Stack) -> None:
    wider = ("run", "-T", "--rm", "--no-deps", "-e", "AGG_PUBLISH=0.0.0.0", "aggregate_service")
    with pytest.raises(RuntimeError, match="ACCESS_PASSWORD"):
        stack.compose(*wider, seconds=120)


def test_a_bad_upload_is_a_problem(aggregate: httpx2.Client) -> None:
    answer = aggregate.post("/", files={"files": ("text.jpg", b"not a picture", "image/jpeg")})
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_both_apis_answer_on_this_machine(embedding: httpx2.Client, search: httpx2.Client) -> None:
    embedded = embedding.post("/embed-image", files={"files": ("sea.jpg", SEA, "image/jpeg")})
    assert embedded.status_code == 200, embedded.text
    found = search.post("/search", json={"embeddings": embedded.json()["embeddings"], "k": 5})
    assert found.status_code == 200, found.text
    assert [len(ids) for ids in found.json()["indexes"]] == [5]


@pytest.mark.parametrize("service", SERVICES)
def test_containers_are_hardened(stack: Stack, service: str) -> None:
    for container in stack.inspect(service):
        host = container["HostConfig"]
        stack.wait_until_healthy(container["Id"])
        assert host["ReadonlyRootfs"]
        assert host["CapDrop"] == ["ALL"]
        assert "no-new-privileges:true" in host["SecurityOpt"]
        assert host["Memory"] > 0
        assert host["RestartPolicy"]["Name"] == "unless-stopped"


@pytest.mark.parametrize("service", SERVICES)
def test_inside_a_container(stack: Stack, service: str) -> None:
    """Not root, no compiler, and its own code can't be changed."""
    tried = "id -u; command -v cc gcc make; touch /app/x /venv/x 2>/dev/null || echo protected"
    assert stack.compose("exec", "-T", service, "sh", "-c", tried).split() == ["10001", "protected"]


@pytest.mark.parametrize(
    ("service", "absent"), [("aggregate_service", ("torch", "faiss")), ("search_service", ("torch", "PIL"))]
)
def test_an_image_holds_only_its_own_service(stack: Stack, service: str, absent: tuple[str, ...]) -> None:
    look = "import sys, importlib.util as u; print([m for m in sys.argv[1:] if u.find_spec(m)])"
    assert stack.compose("exec", "-T", service, "python", "-c", look, *absent).strip() == "[]"


def test_only_the_aggregate_is_reachable_from_elsewhere(stack: Stack) -> None:
    def published(service: str) -> set[str]:
        ports = stack.inspect(service)[0]["HostConfig"]["PortBindings"] or {}
        return {binding["HostIp"] for bindings in ports.values() for binding in bindings}

    assert published("search_service") == published("embedding_api") == {"127.0.0.1"}
    assert published("embedding_service") == set()
    assert published("aggregate_service") == {"127.0.0.1"}


def test_two_embedding_services_and_one_of_them_killed(
    stack: Stack, aggregate: httpx2.Client, embedding: httpx2.Client
) -> None:
    up = ("up", "-d", "--no-build", "--no-deps", "--scale", "embedding_service=2", "embedding_service")
    stack.compose(*up)
    first, second = stack.container_ids("embedding_service")
    stack.wait_until_healthy(second)
    for _ in range(4):
        search_by_pictures(aggregate, SUNSET, SEA)
    run(["docker", "kill", first])
    for _ in range(8):
        search_by_pictures(aggregate, SUNSET, SEA)
        assert embedding.get("/models").status_code == 200


def test_all_can_be_started_again(stack: Stack, aggregate: httpx2.Client) -> None:
    """What was indexed is still there, under the same ids, and the ports are the same."""
    before = search_by_pictures(aggregate, SUNSET)
    stack.compose("stop")
    stack.compose("up", "-d", "--no-build")
    wait_until_ready(aggregate)
    assert search_by_pictures(aggregate, SUNSET) == before


def test_a_folder_of_ones_own_pictures(stack: Stack, aggregate: httpx2.Client, tmp_path: Path) -> None:
    folder = tmp_path / "my pictures"
    (folder / "deeper").mkdir(parents=True)
    for shade in range(6):
        (folder / "deeper" / f"{shade}.jpg").write_bytes(jpeg(40 * shade, 90, 160))
    tmp_path.chmod(0o755)
    stack.compose("up", "-d", "--no-build", settings={"IMAGES": str(folder)})
    wait_until_ready(aggregate)
    hits = search_by_pictures(aggregate, (folder / "deeper" / "3.jpg").read_bytes())["results"][0]["similar"]
    assert len(hits) == 5
    assert hits[0]["path"] == "deeper/3.jpg"
    assert aggregate.get(hits[0]["url"]).content == (folder / "deeper" / "3.jpg").read_bytes()
    assert {path.name for path in folder.rglob("*")} == {"deeper", *(f"{shade}.jpg" for shade in range(6))}
