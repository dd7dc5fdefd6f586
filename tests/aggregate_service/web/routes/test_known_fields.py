"""An address with a name that no route reads is refused, with the name that was meant."""

import pytest
from fastapi.testclient import TestClient

from tests.aggregate_service.web.routes.test_search import BROWSER


@pytest.mark.parametrize(
    ("method", "address", "meant"),
    [
        ("GET", "/search?text=red&lable=dog", "label"),
        ("GET", "/search?text=red&K=7", "k"),
        ("GET", "/search/?txt=red", "text"),
        ("GET", "/images?foldr=deep", "folder"),
        ("GET", "/images?misssing=true", "missing"),
        ("DELETE", "/images?lable=dog", "label"),
        ("GET", "/images/0/thumbnail?vv=1", "v"),
        ("GET", "/images/0/why?text=red&models=x", "model"),
        ("POST", "/folders/1/scan?gon=true", "gone"),
        ("GET", "/models?model=x", None),
        ("GET", "/jobs?state=done", None),
        ("HEAD", "/images?limt=3", None),
    ],
)
def test_a_mistyped_name_is_told(
    shared_client: TestClient, method: str, address: str, meant: str | None
) -> None:
    answer = shared_client.request(method, address)
    assert answer.status_code == 422
    if meant:
        assert f"it is called `{meant}`" in answer.json()["detail"]


def test_pages_say_it_too(shared_client: TestClient) -> None:
    answer = shared_client.get("/images?lable=dog", headers=BROWSER)
    assert (answer.status_code, "<code>label</code>" in answer.text) == (422, True)


@pytest.mark.parametrize(
    "address",
    [
        "/?model=average-colour",
        "/search?text=red&less=blue&model=average-colour",
        "/search?id=1&box=0,0,1,1&combine=average",
        "/images?deleted=3&label=x&limit=2",
        "/images/1?text=red&k=5&model=average-colour",
    ],
)
def test_what_pages_say_to_each_other_is_known(shared_client: TestClient, address: str) -> None:
    assert shared_client.get(address, headers=BROWSER).status_code == 200
