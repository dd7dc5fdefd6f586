"""The page's markup in each state: what it says, that it is inert, and that its colours can be read."""

import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Any

import pytest

from aggregate_service.page import CONTENT_SECURITY_POLICY, Page, PageStatus, closeness
from frontend import STATIC

STATUS = PageStatus("mini-clip", "This is the mini encoder.", "COCO128", "These are COCO128’s.", 1128, None)
PREVIEW = "data:image/png;base64,AAAA"
HOSTILE = '"><img src=x onerror=alert(1)>.jpg'


@dataclass(frozen=True)
class Found:
    index: int = 7
    score: float = 0.91234
    path: str = "train/sub/7.jpg"
    url: str = "/images/7/file"
    thumbnail_url: str = "/images/7/thumbnail"


@dataclass(frozen=True)
class Result:
    filename: str = "beach.jpg"
    similar: list[Found] | None = None
    problem: dict[str, Any] | None = None


class Elements(HTMLParser):
    """Every start tag of a document, with its attributes."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def text_of(document: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", document).split())


@pytest.fixture(scope="module")
def page() -> Page:
    return Page()


def test_the_empty_page_says_what_would_answer(page: Page) -> None:
    text = text_of(page.render(STATUS, k=5))
    assert "Searching 1,128 pictures in COCO128 with mini-clip" in text
    assert "This is the mini encoder." in text
    assert "These are COCO128’s." in text


def test_a_result_shows_the_upload_and_each_match_with_its_score(page: Page) -> None:
    document = page.render(STATUS, k=5, results=[Result(similar=[Found()] * 5)], previews=[PREVIEW])
    assert f'src="{PREVIEW}"' in document
    assert document.count('href="/images/7/file"') == document.count('src="/images/7/thumbnail"') == 5
    assert text_of(document).count("Very close similarity 0.912 7.jpg") == 5
    assert "Answered by mini-clip from 1,128 pictures in COCO128" in text_of(document)


def test_a_problem_stands_beside_the_good_results(page: Page) -> None:
    bad = Result("bad.jpg", problem={"title": "Unprocessable Content", "detail": "bad.jpg is cut short."})
    text = text_of(page.render(STATUS, k=5, results=[Result(similar=[Found()]), bad], previews=[PREVIEW]))
    assert "0.912" in text
    assert "bad.jpg is cut short." in text


def test_an_empty_collection_is_said_plainly(page: Page) -> None:
    text = text_of(page.render(replace(STATUS, count=0), k=5, results=[Result(similar=[])]))
    assert "the collection holds no pictures yet" in text


def test_words_are_measured_by_their_own_scale(page: Page) -> None:
    found = Result("a red bus", similar=[Found(score=0.31)])
    document = page.render(STATUS, k=5, text="a red bus", results=[found])
    assert 'value="a red bus"' in document
    assert "Very close similarity 0.310" in text_of(document)


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (1.0, "Nearly identical"),
        (0.9, "Very close"),
        (0.8, "Close"),
        (0.65, "Related"),
        (0.64, "Distant"),
        (-1.0, "Distant"),
    ],
)
def test_scores_in_words(score: float, words: str) -> None:
    assert closeness(score) == words


def test_a_service_that_is_down_is_named_and_the_page_still_loads(page: Page) -> None:
    problem = {"title": "Service Unavailable", "status": 503, "detail": "The search service doesn’t answer."}
    text = text_of(page.render(PageStatus(None, None, "COCO128", None, None, problem), k=5))
    assert "Search can’t answer right now The search service doesn’t answer. Try again" in text
    assert "Choose pictures" in text


def test_a_refused_request_lists_each_cause(page: Page) -> None:
    errors = [{"filename": "a.svg", "status": 415, "detail": "SVG isn’t supported."}]
    problem = {"title": "Unprocessable Content", "status": 422, "detail": "No picture.", "errors": errors}
    assert "No picture. a.svg : SVG isn’t supported." in text_of(page.render(STATUS, k=5, problem=problem))


def test_a_problem_without_detail_falls_back_to_its_title(page: Page) -> None:
    assert "I’m a teapot" in page.render(STATUS, k=5, problem={"title": "I’m a teapot"})


def test_the_asked_number_is_kept_in_both_forms(page: Page) -> None:
    elements = Elements(page.render(STATUS, k=7)).found
    chosen = [attrs["value"] for tag, attrs in elements if tag == "option" and "selected" in attrs]
    hidden = [attrs["value"] for tag, attrs in elements if tag == "input" and attrs.get("name") == "k"]
    assert chosen == hidden == ["7"]


@pytest.fixture
def hostile(page: Page) -> str:
    """Every free field of the page filled with markup."""
    error = {"filename": HOSTILE, "title": HOSTILE, "detail": HOSTILE, "status": 503}
    problem = error | {"errors": [error]}
    results = [Result(HOSTILE, similar=[Found(path=HOSTILE)]), Result(HOSTILE, problem=problem)]
    status = PageStatus(HOSTILE, HOSTILE, HOSTILE, HOSTILE, 1, problem)
    return page.render(status, k=5, results=results, previews=[PREVIEW], text=HOSTILE)


def test_hostile_names_stay_text(hostile: str) -> None:
    elements = Elements(hostile).found
    assert not [attrs for _, attrs in elements if attrs.get("src") == "x"]
    assert not [name for _, attrs in elements for name in attrs if name.startswith("on")]


def test_nothing_is_inline_and_nothing_comes_from_elsewhere(hostile: str) -> None:
    elements = Elements(hostile).found
    assert not [tag for tag, attrs in elements if "style" in attrs or tag == "style"]
    assert all(attrs.get("src") for tag, attrs in elements if tag == "script")
    sources = ("src", "href", "action", "poster", "data", "srcset")
    addresses = [attrs[name] or "" for _, attrs in elements for name in sources if name in attrs]
    assert all(re.match(r"/(?!/)|#|data:image/", address) for address in addresses)
    assert "unsafe" not in CONTENT_SECURITY_POLICY


def test_every_field_has_a_name_and_every_picture_words(hostile: str) -> None:
    elements = Elements(hostile).found
    labelled = {attrs["for"] for tag, attrs in elements if tag == "label" and "for" in attrs}
    fields = [attrs for tag, attrs in elements if tag == "input" and attrs.get("type") != "hidden"]
    assert {attrs["id"] for attrs in fields} == labelled
    assert all(attrs.get("alt") for tag, attrs in elements if tag == "img")


def test_first_load_is_light(page: Page) -> None:
    static = sum(path.stat().st_size for path in STATIC.iterdir())
    assert static + len(page.render(STATUS, k=5).encode()) < 60_000


def tokens(*, dark: bool) -> dict[str, str]:
    blocks = re.findall(r":root \{(.*?)\}", (STATIC / "style.css").read_text(), re.DOTALL)
    return dict(re.findall(r"--([\w-]+): (#\w{6})", "".join(blocks if dark else blocks[:1])))


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [value / 255 for value in bytes.fromhex(colour[1:])]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back", "least"),
    [
        *(("ink", back, 4.5) for back in ("ground", "surface", "accent-soft", "bad-soft")),
        *(("muted", back, 4.5) for back in ("ground", "surface", "sunken")),
        *(("accent", back, 4.5) for back in ("ground", "surface", "accent-soft", "bad-soft")),
        ("on-accent", "accent", 4.5),
        ("on-accent", "accent-strong", 4.5),
        ("note", "note-soft", 4.5),
        ("bad", "bad-soft", 4.5),
        ("control", "surface", 3),
        ("control", "ground", 3),
    ],
)
def test_colours_meet_wcag_aa(front: str, back: str, least: float, dark: bool) -> None:
    colours = tokens(dark=dark)
    lighter, darker = sorted((luminance(colours[front]), luminance(colours[back])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= least
