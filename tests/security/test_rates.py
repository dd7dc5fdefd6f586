"""What one client may ask for in a minute; another one isn't held back by it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.aggregate_service.conftest import World
from tests.security.multipart import TYPE, form, part
from tests.security.services import Answer, Site, site

LIMITS = {"client_requests": 20, "client_mb": 2, "client_embeddings": 8}


@pytest.fixture
def limited(world: World) -> Iterator[Site]:
    settings = world.settings.model_copy(update=LIMITS)
    with site("aggregate", replace(world, settings=settings).make_app()) as running:
        yield running


def of(client: str) -> dict[str, str]:
    """As a proxy on this machine says it."""
    return {"X-Forwarded-For": client}


def refused(answer: Answer) -> bool:
    return (
        answer.status == 429
        and 0 < int(answer.headers["retry-after"]) <= 60
        and "minute" in answer.problem["detail"]
    )


def test_requests(limited: Site) -> None:
    statuses = [limited.ask("GET", "/healthz", of("203.0.113.5")).status for _ in range(20)]
    assert statuses == [200] * 20
    assert refused(limited.ask("GET", "/healthz", of("203.0.113.5")))
    assert limited.ask("GET", "/healthz", of("203.0.113.6")).status == 200


def test_megabytes_sent(limited: Site) -> None:
    upload = TYPE | of("203.0.113.5")
    body = form([part("files", bytes(1_500_000), "a.png")])
    assert limited.ask("POST", "/images", upload, body).status == 202
    assert refused(limited.ask("POST", "/images", upload, body))
    assert limited.ask("POST", "/images", TYPE | of("203.0.113.6"), body).status == 202


def test_embeddings(limited: Site) -> None:
    client = of("203.0.113.5")
    for _ in range(2):
        assert limited.ask("GET", "/search?text=red&text=blue&id=1", client).status == 200
    assert limited.ask("POST", "/", TYPE | client, form([part("text", b"red")])).status == 200
    assert refused(limited.ask("GET", "/search?text=red&text=blue", client))
    assert limited.ask("GET", "/images", client).status == 200  # looking is no searching


def test_who_has_many_addresses_is_one_client(limited: Site) -> None:
    answers = [limited.ask("GET", "/healthz", of(f"2001:db8::{number:x}")) for number in range(1, 22)]
    assert refused(answers[-1])
    assert limited.ask("GET", "/healthz", of("2001:db8:0:1::1")).status == 200


def test_this_machine_may_do_as_it_likes(limited: Site) -> None:
    assert {limited.ask("GET", "/healthz").status for _ in range(30)} == {200}


def test_nobody_but_a_trusted_proxy_says_whose_a_request_is(limited: Site) -> None:
    forged = [limited.ask("GET", "/healthz", of(f"198.51.100.{number}, 203.0.113.9")) for number in range(21)]
    assert refused(forged[-1])
