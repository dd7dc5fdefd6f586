"""HTTPS: the certificate must be the named host's, although the connection goes to a checked address."""

import asyncio
import ssl

import pytest
import trustme

from aggregate_service.links.addresses import AddressRules
from aggregate_service.links.body import Downloaded
from aggregate_service.links.errors import LinkFailed
from aggregate_service.links.fetch import Downloader
from service_kit.problems import Problem
from tests.aggregate_service.links.fetching import limits_for, outcome
from tests.aggregate_service.links.strange_server import PUBLIC, FakeResolver, RecordingNetwork, running

CA = trustme.CA()


def over_tls(link: str, trusting: trustme.CA = CA) -> tuple[Downloaded | Problem, list[str]]:
    async def run() -> tuple[Downloaded | Problem, list[str]]:
        theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        CA.issue_cert("photos.example").configure_cert(theirs)
        ours = ssl.create_default_context()
        trusting.configure_trust(ours)
        async with running(tls=theirs) as server:
            network = RecordingNetwork(server.port)
            limits = limits_for(server, addresses=AddressRules())
            downloader = Downloader(limits, FakeResolver([PUBLIC]), network, ours)
            got = await outcome(downloader, link)
            await downloader.close()
            return got, network.dialled

    return asyncio.run(run())


def test_the_right_name() -> None:
    got, dialled = over_tls("https://photos.example/a.jpg")
    assert isinstance(got, Downloaded)
    assert dialled == [PUBLIC]


@pytest.mark.parametrize(
    ("link", "trusting"),
    [("https://other.example/a.jpg", CA), ("https://photos.example/a.jpg", trustme.CA())],
)
def test_a_wrong_certificate(link: str, trusting: trustme.CA) -> None:
    got, dialled = over_tls(link, trusting)
    assert isinstance(got, LinkFailed)
    assert "can't prove that it is" in got.detail
    assert len(dialled) == 1  # it won't pass
