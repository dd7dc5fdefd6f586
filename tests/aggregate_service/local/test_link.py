"""The link that `make run` prints signs in exactly where there would be no other way."""

import pytest

from aggregate_service.local.link import page_link

URL = "http://127.0.0.1:8000"
PLAIN = "http://localhost:8000"


@pytest.mark.parametrize(
    ("given", "link"),
    [
        ({}, PLAIN),
        ({"AGG_FASTAPI_HOST": "127.0.0.2"}, PLAIN),
        ({"AGG_FASTAPI_HOST": "0.0.0.0"}, f"{PLAIN}/sign-in?token=t"),
        ({"AGG_FASTAPI_HOST": "192.168.1.7"}, f"{PLAIN}/sign-in?token=t"),
        ({"AGG_FASTAPI_HOST": "0.0.0.0", "ACCESS_OPEN": "no"}, f"{PLAIN}/sign-in?token=t"),
        ({"AGG_FASTAPI_HOST": "0.0.0.0", "ACCESS_OPEN": "yes"}, PLAIN),
        ({"AGG_FASTAPI_HOST": "0.0.0.0", "ACCESS_PASSWORD": "p"}, PLAIN),
    ],
)
def test_the_link(given: dict[str, str], link: str) -> None:
    assert page_link(URL, {"ACCESS_TOKEN": "t", **given}) == link
