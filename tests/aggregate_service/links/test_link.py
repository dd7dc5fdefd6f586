"""The normal form of links that people write."""

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from aggregate_service.links import link
from aggregate_service.links.errors import BadLink
from aggregate_service.links.link import normal_link

NORMAL = {
    "http://host/a.jpg": "http://host/a.jpg",
    "  <https://host/a.jpg>  ": "https://host/a.jpg",
    "'http://host/a.jpg'": "http://host/a.jpg",
    '"http://host/a.jpg': "http://host/a.jpg",
    "HTTP://Host.Example:80/A.jpg": "http://host.example/A.jpg",
    "https://host:443/a": "https://host/a",
    "http://host/ein bild.jpg": "http://host/ein%20bild.jpg",
    "http://host/ein%20bild.jpg": "http://host/ein%20bild.jpg",
    "http://host/50%.jpg": "http://host/50%25.jpg",
    "http://host/a|b,c;d.jpg": "http://host/a|b,c;d.jpg",
    "http://host/ü.jpg?q=é": "http://host/%C3%BC.jpg?q=%C3%A9",
    "http://host/写真/🐈.jpg": "http://host/%E5%86%99%E7%9C%9F/%F0%9F%90%88.jpg",
    "http://bücher.example/a": "http://xn--bcher-kva.example/a",
    "http://例え.テスト/a": "http://xn--r8jz45g.xn--zckzah/a",
    "http://host/long/pa\n  th.jpg": "http://host/long/path.jpg",
    "http://host/a.jpg#top": "http://host/a.jpg",
    "http://host/?a=1&amp;b=2": "http://host/?a=1&b=2",
    "http:\\\\host\\dir\\a.jpg": "http://host/dir/a.jpg",
    "//cdn.example/a.jpg": "https://cdn.example/a.jpg",
    "https:/host/a.jpg": "https://host/a.jpg",
    "http://[2001:DB8::1]/a": "http://[2001:db8::1]/a",
    "http://my_host/a": "http://my_host/a",
    "http://host/a@b.jpg": "http://host/a@b.jpg",
    "http://host?x=user:y@z": "http://host?x=user:y@z",
}

HOPELESS = """
    hello|host.example/a.jpg|a.jpg|ftp://host/a|file:///etc/passwd|data:image/png;base64,AAAA|javascript:1|
    http://|http:///|https://?x|http://user:secret@host/|http://user@host/|http://host:99999/|http://host:x/|
    http://[::1/|http://[zz]/|http://1.2.3.999/|http://a b/|http://-/|http://a..b:0/|http://host:0/|
    http://ho%41st/|http://\u202e/|http://host/\x01|
""".replace("\n    ", "").split("|")


@pytest.mark.parametrize("written", NORMAL)
def test_normal_form(written: str) -> None:
    assert normal_link(written) == NORMAL[written]
    assert normal_link(NORMAL[written]) == NORMAL[written]


@pytest.mark.parametrize("written", [*HOPELESS, "", " \n ", "http://host/" + "a" * 5000])
def test_no_link(written: str) -> None:
    with pytest.raises(BadLink) as caught:
        normal_link(written)
    assert "secret" not in caught.value.detail
    assert caught.value.detail.isprintable()
    assert len(caught.value.detail) < 250


@pytest.mark.parametrize(
    "written",
    [
        "http://1.1.1.1\\@127.0.0.1/a.jpg",
        "http:\\\\1.1.1.1\\@127.0.0.1",
        "https://a.example\\x@b.example",
        "http://1.1.1.1\uff0f@127.0.0.1/",
        "http://1.1.1.1\uff03@127.0.0.1/",
        "http://1.1.1.1\uff1f@127.0.0.1/",
        "http://1.1.1.1\uff20127.0.0.1/",
        "http://127.0.0.1\uff1a8001/",
    ],
)
def test_what_parsers_read_differently_is_refused(written: str) -> None:
    with pytest.raises(BadLink):
        normal_link(written)


def test_what_is_taken_as_it_is_would_have_come_out_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = [written for written in _nearly_normal(20_000) if link._NORMAL.fullmatch(written)]
    assert 1_000 < len(taken) < 15_000
    monkeypatch.setattr(link, "_NORMAL", re.compile(r"(?!)"))
    assert [normal_link(written) for written in taken] == taken


STARTS = ("http://", "https://", "HTTP://", "//")
HOSTS = (
    *("a.example", "images1.a-b.example", "1.2.3.4", "xn--bcher-kva.example", "a--b.example", "-a.example"),
    *("A.example", "a.example:80", "a_b.example"),
)
PATHS = (
    *("/", "/a", "/a.jpg", "/A_~1=2,3+4-5", "//", "/.", "/..", "/...", "/a.", "/a.b/c", "/%20", "/ü", "/a:b"),
    *("/a@b", "/a;b", "/a&amp;b"),
)
QUERIES = ("", "?", "?a=1&b=2", "?u=http://b/c", "?x@y:z", "?a?b", "#c", "?ä", "?a;b", "?%7e", "?a'b")


def _nearly_normal(count: int) -> Iterator[str]:
    """Links of parts that are normal, most of them."""
    random = np.random.default_rng(7)

    def one_of(choices: Sequence[str]) -> str:
        """The first ones more often than the last."""
        return choices[int(len(choices) * random.random() ** 3)]

    for _ in range(count):
        path = "".join(one_of(PATHS) for _ in range(random.integers(4)))
        yield one_of(STARTS) + one_of(HOSTS) + path + one_of(QUERIES)
