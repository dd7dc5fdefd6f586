"""A name that somebody points at this machine (DNS rebinding) reads and changes nothing."""

from dataclasses import replace

import pytest

from service_kit.settings import ServiceSettings
from tests.aggregate_service.conftest import World
from tests.security.services import Site, site


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "localhost.evil.example", "1.2.3.4.example", "a b", "x/y", ""],
)
def test_another_name_is_refused_and_the_setting_is_named(each: Site, host: str) -> None:
    answer = each.ask("GET", "/healthz", host=host)
    assert answer.status == 421
    assert "ALLOWED_HOSTS" in answer.problem["detail"]
    assert each.ask("DELETE", "/images/3", host=host).status == 421


@pytest.mark.parametrize(
    "host",
    [
        *(
            "127.0.0.1",
            "127.0.0.1:8000",
            "192.168.1.7",
            "[::1]",
            "[2001:db8::1]:8000",
            "localhost",
            "LOCALHOST:1",
        ),
        *(
            "nas",
            "search_service:8001",
            "nas.local",
            "nas.lan:8000",
            "box.internal",
            "nas.home.arpa",
            "localhost.",
        ),
        "photos.localhost",
        None,  # HTTP/1.0
    ],
)
def test_names_that_nobody_can_register_are_answered(each: Site, host: str | None) -> None:
    assert each.ask("GET", "/healthz", host=host).status == 200


def test_two_hosts_are_refused(each: Site) -> None:
    assert each.ask("GET", "/healthz", {"Host": "nas"}, host="localhost").status == 400


def test_allowed_hosts_and_the_public_url_are_answered(world: World) -> None:
    given = {"allowed_hosts": "photos.example.org, *.example.net", "public_url": "https://pub.example.com/x"}
    named = replace(world, settings=world.settings.model_copy(update=given))
    with site("aggregate", named.make_app()) as here:
        for host in ("photos.example.org", "Photos.Example.org:443", "a.b.example.net", "pub.example.com"):
            assert here.ask("GET", "/healthz", host=host).status == 200, host
        for host in ("example.net", "x.photos.example.org", "pub.example.com.evil.example", "notexample.net"):
            assert here.ask("GET", "/healthz", host=host).status == 421, host


def test_people_see_a_page_that_says_so(aggregate: Site) -> None:
    answer = aggregate.ask("GET", "/images", {"Accept": "text/html"}, host="evil.example")
    assert answer.status == 421
    assert b"ALLOWED_HOSTS" in answer.body
    assert b"deep/green" not in answer.body


@pytest.mark.parametrize("url", ["photos.example.org", "ftp://x", "https://", "https://user@host/"])
def test_a_public_url_must_be_an_address(url: str) -> None:
    with pytest.raises(ValueError, match="http://"):
        ServiceSettings(_env_file=None, public_url=url)
