"""Where links and their redirects may lead: never into the operator's own network."""

import asyncio

import pytest

from aggregate_service.links.addresses import AddressRules
from aggregate_service.links.body import Downloaded
from aggregate_service.links.errors import BadLink, ForbiddenLink, LinkFailed
from aggregate_service.links.fetch import Downloader
from service_kit.problems import Problem
from tests.aggregate_service.links.fetching import PATIENT, fetched, limits_for, outcome
from tests.aggregate_service.links.strange_server import (
    PUBLIC,
    Answer,
    FakeResolver,
    RecordingNetwork,
    answer,
    jpeg,
    redirect,
    running,
)

INSIDE = [
    "http://127.0.0.1/",
    "http://127.0.0.1:443/",
    "http://localhost/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://127.1/",
    "http://0177.1/",
    "http://0/",
    "http://10.0.0.1/",
    "http://100.100.100.200/",
    "http://[fd00:ec2::254]/",
    "http://１２７。０。０。１/",
    "//127.0.0.1/",
]


NO_LINKS = ["http://0177.0.0.1/", "http://127.0.0.1:99999/", "http://a b/"]


@pytest.mark.parametrize("target", INSIDE)
def test_redirect_inside(target: str) -> None:
    got, server = fetched({"/a.jpg": [redirect(target)]})
    assert isinstance(got, ForbiddenLink), got
    assert "isn't on the public internet" in got.detail
    assert server.asked == ["/a.jpg"]


@pytest.mark.parametrize("target", NO_LINKS)
def test_redirect_to_no_link(target: str) -> None:
    got, _ = fetched({"/a.jpg": [redirect(target)]})
    assert isinstance(got, BadLink), got


@pytest.mark.parametrize("link", INSIDE[:-1])
def test_link_inside(link: str) -> None:
    async def run() -> Problem | Downloaded:
        downloader = Downloader(PATIENT)
        try:
            return await outcome(downloader, link)
        finally:
            await downloader.close()

    assert isinstance(asyncio.run(run()), ForbiddenLink)


def test_other_ports() -> None:
    got, _ = fetched({"/a.jpg": [redirect(f"http://{PUBLIC}:22/")]})
    assert isinstance(got, ForbiddenLink)
    assert "port 22" in got.detail


def test_redirect_loop() -> None:
    got, server = fetched({"/a.jpg": [redirect("/b.jpg")], "/b.jpg": [redirect("a.jpg")]})
    assert isinstance(got, LinkFailed)
    assert "redirects more than 5 times" in got.detail
    assert len(server.asked) == 6


def test_five_redirects_are_followed() -> None:
    hops: dict[str, list[Answer]] = {f"/{n}": [redirect(f"/{n + 1}")] for n in range(5)}
    got, server = fetched(hops, "/0")
    assert got == Downloaded(jpeg(), ".jpg")
    assert server.asked == [f"/{n}" for n in range(6)]


def test_redirect_to_a_name_with_umlauts() -> None:
    got, server = fetched({"/a.jpg": [redirect("/ü b.jpg")]})
    assert isinstance(got, Downloaded)
    assert server.asked[1] == "/%C3%BC%20b.jpg"


def test_credentials_are_neither_used_nor_told() -> None:
    got, server = fetched({"/a.jpg": [redirect("http://user:secret@127.0.0.1/")]})
    assert isinstance(got, BadLink)
    assert "secret" not in got.detail
    assert server.asked == ["/a.jpg"]


def named(
    resolver: FakeResolver, answers: dict[str, list[Answer]], rules: AddressRules | None = None
) -> tuple[list[Downloaded | Problem], list[str]]:
    """Two downloads of http://photos.example/a.jpg, and the addresses that were dialled for them."""

    async def run() -> tuple[list[Downloaded | Problem], list[str]]:
        async with running(answers) as server:
            network = RecordingNetwork(server.port)
            limits = limits_for(server, addresses=rules or AddressRules())
            downloader = Downloader(limits, resolver, network)
            got = [await outcome(downloader, "http://photos.example/a.jpg") for _ in range(2)]
            await downloader.close()
            return got, network.dialled

    return asyncio.run(run())


def test_what_was_checked_is_what_is_dialled() -> None:
    resolver = FakeResolver([PUBLIC], ["127.0.0.1"])
    (first, second), dialled = named(resolver, {})
    assert isinstance(first, Downloaded)
    assert isinstance(second, ForbiddenLink)
    assert dialled == [PUBLIC]
    assert resolver.asked == ["photos.example"] * 2  # once for each connection, never in between


def test_rebinding_between_tries() -> None:
    (first, _), dialled = named(FakeResolver([PUBLIC], ["169.254.169.254"]), {"/a.jpg": [answer(500)]})
    assert isinstance(first, ForbiddenLink)
    assert dialled == [PUBLIC]


def test_rebinding_at_a_redirect() -> None:
    answers = {"/a.jpg": [redirect("/b.jpg")]}
    (first, _), dialled = named(FakeResolver([PUBLIC], ["10.0.0.1"]), answers)
    assert isinstance(first, ForbiddenLink)
    assert dialled == [PUBLIC]


def test_a_name_with_a_public_and_a_private_address() -> None:
    (first, _), dialled = named(FakeResolver([PUBLIC, "192.168.0.1"]), {})
    assert isinstance(first, ForbiddenLink)
    assert dialled == []


@pytest.mark.parametrize("allowed", ["photos.example", "photos.example:80"])
def test_hosts_that_the_operator_names(allowed: str) -> None:
    rules = AddressRules(allowed_hosts=frozenset([allowed]))
    (first, _), dialled = named(FakeResolver(["10.1.2.3"]), {}, rules)
    assert isinstance(first, Downloaded)
    assert dialled == ["10.1.2.3", "10.1.2.3"]


def test_another_port_of_a_named_host() -> None:
    rules = AddressRules(allowed_hosts=frozenset(["photos.example:8080"]))
    (first, _), _ = named(FakeResolver(["10.1.2.3"]), {}, rules)
    assert isinstance(first, ForbiddenLink)
