"""The page's markup in each state: what it says, that it is inert, and that its colours can be read."""

import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Any

import pytest

from aggregate_service.errors import NotIndexed
from aggregate_service.web.page.pages import (
    CONTENT_SECURITY_POLICY,
    CataloguePage,
    EncoderChoice,
    Pages,
    PageStatus,
    QuestionPicture,
)
from aggregate_service.web.page.query_links import Address
from aggregate_service.web.page.visitor import Visitor
from frontend import STATIC
from service_kit.messages.message import message

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
    relevance: float = 0.5
    duplicates: int | None = None
    width: int | None = 400
    height: int | None = 300


@dataclass(frozen=True)
class Result:
    filename: str = "beach.jpg"
    similar: list[Found] | None = None
    problem: dict[str, Any] | None = None
    nothing_close: bool = False


PICTURE = {
    "id": 7,
    "path": "train/7.jpg",
    "width": 400,
    "height": 300,
    "bytes": 52_100,
    "labels": ["sea"],
    "added_at": "2026-11-21T05:00:00+00:00",
    "source_url": None,
    "url": "/images/7/file",
    "thumbnail_url": "/images/7/thumbnail?v=8f3a1c20d5e7",
    "searchable": True,
    "missing_since": None,
}
JOB = {
    "id": "j1",
    "kind": "upload",
    "state": "running",
    "total": 4,
    "done": 2,
    "failed": 1,
    "created_at": "2026-11-21T05:00:00+00:00",
    "failures": [{"items": ["bad.jpg"], "count": 3, "status": 422, "detail": "It is cut short."}],
    "pictures": [7],
}


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
def page() -> Pages:
    return Pages()


def test_the_empty_page_says_what_would_answer(page: Pages) -> None:
    text = text_of(page.render(STATUS, k=5))
    assert "1,128 pictures · COCO128 · encoder mini-clip" in text
    assert "This is the mini encoder." in text
    notice = message("mini-encoder-stands-in", model="CLIP", encoder="mini-clip", command="fetch")
    stand_in = replace(STATUS, notice=notice)
    text = text_of(page.render(stand_in, k=5))
    assert "The small encoder mini-clip stands in for CLIP" in text
    assert "How to get CLIP" in text
    assert "These are COCO128’s." in text


def test_that_only_colours_are_compared_is_said_in_short_with_the_way_out(page: Pages) -> None:
    notice = message("colours-stand-in", model="CLIP", encoder="mini", reason="none", other="color-layout")
    document = page.render(replace(STATUS, encoder="color-layout", notice=notice), k=5)
    text = text_of(document)
    assert "Only colours and layout are compared, and words find nothing" in text
    assert "How to mend it" in text
    assert 'href="/status#encoder"' in document
    assert str(notice) not in text


def test_a_result_shows_the_upload_and_each_match_with_its_score(page: Pages) -> None:
    document = page.render(STATUS, k=5, results=[Result(similar=[Found()] * 5)], previews=[PREVIEW])
    assert f'src="{PREVIEW}"' in document
    assert document.count('href="/images/7"') == document.count('src="/images/7/thumbnail"') == 5
    assert document.count('srcset="/images/7/thumbnail 256w, /images/7/thumbnail?size=512 400w"') == 5
    assert document.count('href="/search?id=7"') == 5
    assert text_of(document).count("Similar similarity 0.912 7.jpg") == 5
    assert "Best matches" in text_of(document)


def test_what_nothing_comes_close_to_is_said(page: Pages) -> None:
    found = Result(similar=[Found(score=0.2, relevance=0.1)], nothing_close=True)
    text = text_of(page.render(STATUS, k=5, results=[found], previews=[PREVIEW]))
    assert "No good match for “beach.jpg”." in text
    assert "Less likely Less similar similarity 0.200" in text


def test_near_duplicates_are_counted(page: Pages) -> None:
    found = Result(similar=[Found(duplicates=3)])
    assert "and 3 near-duplicates" in text_of(page.render(STATUS, k=5, results=[found], previews=[PREVIEW]))


def test_a_question_is_shown_piece_by_piece(page: Pages) -> None:
    address = Address.of([("id", "17"), ("text", "night^-0.5"), ("box", "0,0,1,0.5")])
    document = page.render(
        STATUS,
        k=1,
        text="night",
        results=[Result("17 night", similar=[Found()])],
        address=address,
        pictures={"17": QuestionPicture("beach.jpg", "/images/17/thumbnail", 400, 300)},
        kind="mixture",
    )
    text = text_of(document)
    assert "beach.jpg part of it Use the whole picture" in text
    assert "without night" in text
    assert 'href="/search?id=17&amp;box=0%2C0%2C1%2C0.5"' in document  # without the words
    assert 'href="/search?text=night%5E-0.5"' in document  # without the picture and its region
    assert "offset=1" in document  # more of them
    assert 'viewBox="0 0 400 150"' in document  # the upper half
    assert 'href="/images/17/thumbnail?size=512"' in document


def test_a_problem_stands_beside_the_good_results(page: Pages) -> None:
    bad = Result("bad.jpg", problem={"title": "Unprocessable Content", "detail": "bad.jpg is cut short."})
    text = text_of(page.render(STATUS, k=5, results=[Result(similar=[Found()]), bad], previews=[PREVIEW]))
    assert "0.912" in text
    assert "bad.jpg is cut short." in text


def test_an_empty_collection_is_said_plainly(page: Pages) -> None:
    text = text_of(page.render(replace(STATUS, count=0), k=5, results=[Result(similar=[])]))
    assert "No pictures found. There are no pictures here yet. Add pictures" in text


def test_words_are_measured_by_their_own_scale(page: Pages) -> None:
    found = Result("a red bus", similar=[Found(score=0.31, relevance=0.4)])
    document = page.render(STATUS, k=5, text="a red bus", results=[found], kind="words")
    assert 'value="a red bus"' in document
    assert "Good match similarity 0.310" in text_of(document)


def test_what_the_number_means_is_said_on_the_encoders_own_scale(page: Pages) -> None:
    def text(encoder: str) -> str:
        status = replace(STATUS, encoder=encoder)
        return text_of(page.render(status, k=5, results=[Result(similar=[Found()])], previews=[PREVIEW]))

    assert re.search(r"come to about 0\.\d\d with the encoder mini", text("mini"))
    assert "1 is the same one" in text("clip")
    assert "come to about" not in text("clip")  # it wasn't measured


def test_a_service_that_is_down_is_named_and_the_page_still_loads(page: Pages) -> None:
    problem = {"title": "Service Unavailable", "status": 503, "detail": "The search service doesn’t answer."}
    text = text_of(page.render(PageStatus(None, None, "COCO128", None, None, problem), k=5))
    assert "Search can’t answer right now The search service doesn’t answer. Try again See" in text
    assert "Search with photos" in text


def test_a_refused_request_lists_each_cause(page: Pages) -> None:
    errors = [{"filename": "a.svg", "status": 415, "detail": "SVG isn’t supported."}]
    problem = {"title": "Unprocessable Content", "status": 422, "detail": "No picture.", "errors": errors}
    assert "No picture. a.svg : SVG isn’t supported." in text_of(page.render(STATUS, k=5, problem=problem))


def test_a_problem_without_detail_falls_back_to_its_title(page: Pages) -> None:
    assert "I’m a teapot" in page.render(STATUS, k=5, problem={"title": "I’m a teapot"})


def test_the_catalogue_keeps_the_place_of_every_picture(page: Pages) -> None:
    document = page.catalogue(CataloguePage(total=40, pictures=[PICTURE], next="/images?cursor=x"))
    shown = PICTURE["thumbnail_url"]
    images = [attrs for tag, attrs in Elements(document).found if attrs.get("src") == shown]
    assert [(attrs["width"], attrs["height"]) for attrs in images] == [("400", "300")]
    assert "40 pictures" in text_of(document)
    assert 'rel="next" href="/images?cursor=x"' in document


def test_an_empty_catalogue_says_how_to_fill_it(page: Pages) -> None:
    text = text_of(page.catalogue(CataloguePage(total=0)))
    assert "No pictures yet" in text
    assert "image-search index" in text
    filtered = CataloguePage(total=0, address=Address.of([("label", "x")], "/images"))
    assert "No picture fits this filter" in text_of(page.catalogue(filtered))


def test_encoders_are_offered_with_what_is_indexed(page: Pages) -> None:
    choices = [EncoderChoice("mini", 40, words=True, answers=True), EncoderChoice("other", 0, False, False)]
    document = page.catalogue(CataloguePage(total=40, pictures=[PICTURE], encoder="mini", encoders=choices))
    text = text_of(document)
    assert "mini in use pictures and words · 40 of 40 pictures indexed" in text
    assert "other pictures only · this collection isn’t indexed with that encoder yet" in text
    assert "model=other" not in document
    alone = text_of(page.catalogue(CataloguePage(total=40, pictures=[PICTURE], encoders=choices[:1])))
    assert "Encoder" not in alone


def test_a_chosen_encoder_goes_along(page: Pages) -> None:
    address = Address.of([("text", "a bus"), ("model", "other")])
    document = page.render(STATUS, k=5, results=[Result("a bus", similar=[Found()])], address=address)
    assert 'href="/images/7?model=other"' in document
    assert 'href="/search?id=7&amp;model=other"' in document
    part = "/search?id=7&amp;model=other&amp;box=0%2C0%2C0.5%2C1"
    assert f'href="{part}"' in page.picture(PICTURE, model="other")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (Address(), "Your photos Photos one or many A folder with all it holds"),
        (
            Address.of([("model", "other")]),
            "These pictures can’t be searched with other yet Search with another encoder",
        ),
    ],
)
def test_what_is_not_indexed_yet_is_an_invitation(page: Pages, address: Address, words: str) -> None:
    status = PageStatus("other", None, "COCO128", None, 0, NotIndexed("other").body())
    document = page.render(status, k=5, address=address)
    assert words in text_of(document)
    assert 'role="alert"' not in document
    asked = page.render(status, k=5, problem=NotIndexed("other").body(), address=address)
    assert "Not indexed with this encoder yet" in text_of(asked)


def test_a_deleted_picture_can_be_brought_back(page: Pages) -> None:
    document = page.catalogue(CataloguePage(total=1, pictures=[PICTURE], deleted=[9], undo_minutes=3))
    assert 'action="/images/9/restore"' in document
    assert "It can be brought back for 3 minutes." in text_of(document)


def test_where_nothing_can_be_brought_back_nothing_offers_to(page: Pages) -> None:
    document = page.catalogue(CataloguePage(total=1, pictures=[PICTURE], deleted=[9], undo_minutes=0))
    assert "The picture was deleted." in text_of(document)
    assert "/restore" not in document


def test_a_picture_says_what_is_known_of_it(page: Pages) -> None:
    document = page.picture(PICTURE)
    text = text_of(document)
    assert "Path train/7.jpg Dimensions 400 × 300 Size 52 kB Added 21 November 2026" in text
    assert 'href="/images?label=sea"' in document
    assert 'action="/images/7/delete"' in document


@pytest.mark.parametrize("state", ["queued", "running", "done", "failed", "cancelled"])
def test_a_job_says_how_far_it_is_and_what_failed(page: Pages, state: str) -> None:
    document = page.job(JOB | {"state": state}, [PICTURE])
    text = text_of(document)
    assert "2 added of 4 · 1 failed" in text
    assert "bad.jpg and 2 more It is cut short." in text
    assert f'src="{PICTURE["thumbnail_url"]}"' in document
    assert ('action="/jobs/j1/cancel"' in document) == (state in ("queued", "running"))
    assert "2 added of 4" in text_of(page.jobs([JOB | {"state": state}]))


def test_no_jobs_yet(page: Pages) -> None:
    assert "Nothing has been added yet" in text_of(page.jobs([]))


@pytest.fixture(params=["search", "question", "catalogue", "picture", "jobs", "job", "trouble"])
def hostile(page: Pages, request: pytest.FixtureRequest) -> str:
    """Every free field of a page filled with markup."""
    error = {"filename": HOSTILE, "title": HOSTILE, "detail": HOSTILE, "status": 503}
    problem = error | {"errors": [error]}
    results = [Result(HOSTILE, similar=[Found(path=HOSTILE)]), Result(HOSTILE, problem=problem)]
    status = PageStatus(HOSTILE, HOSTILE, HOSTILE, HOSTILE, 1, problem, [HOSTILE, HOSTILE])
    visitor = Visitor("en", "/search?text=" + HOSTILE)
    picture = PICTURE | {"path": HOSTILE, "labels": [HOSTILE], "title": HOSTILE}
    job = JOB | {"failures": [{"items": [HOSTILE], "count": 1, "status": 422, "detail": HOSTILE}]}
    address = Address.of([("text", HOSTILE), ("id", HOSTILE), ("label", HOSTILE)])
    choices = [EncoderChoice(HOSTILE, count, words=True, answers=not count) for count in (0, 1)]
    catalogue = CataloguePage(total=1, pictures=[picture], address=address, encoder=HOSTILE, encoders=choices)
    shown = {
        "search": lambda: page.render(status, k=5, results=results, previews=[PREVIEW], visitor=visitor),
        "question": lambda: page.render(status, k=5, results=results[:1], text=HOSTILE, address=address),
        "catalogue": lambda: page.catalogue(catalogue, visitor, problem),
        "picture": lambda: page.picture(picture, visitor),
        "jobs": lambda: page.jobs([job], visitor),
        "job": lambda: page.job(job, [picture], visitor),
        "trouble": lambda: page.trouble(problem, visitor),
    }
    return shown[request.param]()


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
    assert all(re.match(r"/(?!/)|#|data:image/", address) for address in addresses if address)
    assert "unsafe" not in CONTENT_SECURITY_POLICY


def test_every_field_has_a_name_and_every_picture_words(hostile: str) -> None:
    elements = Elements(hostile).found
    labelled = {attrs["for"] for tag, attrs in elements if tag == "label" and "for" in attrs}
    assert {attrs["id"] for tag, attrs in elements if tag == "input" and "id" in attrs} == labelled
    pictures = [attrs for tag, attrs in elements if tag == "img" and "src" in attrs]
    assert all(attrs.get("alt") for attrs in pictures)


OF_OTHER_PAGES = (
    *("activity.js", "adding.js", "answers.js", "deleting.js", "dragging.js", "evaluation.css", "heat.js"),
    *("indexing.js", "job.js", "selecting.js", "suggesting.js", "timeline.js"),
)


def test_first_load_is_light(page: Pages) -> None:
    static = sum(path.stat().st_size for path in STATIC.iterdir() if path.name not in OF_OTHER_PAGES)
    assert static + len(page.render(STATUS, k=5).encode()) < 100_000


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
        *(("ink", back, 4.5) for back in ("ground", "surface", "sunken", "accent-soft", "bad-soft")),
        *(("muted", back, 4.5) for back in ("ground", "surface", "sunken")),
        *(("accent", back, 4.5) for back in ("ground", "surface", "accent-soft", "bad-soft")),
        ("on-accent", "accent", 4.5),
        ("on-accent", "accent-strong", 4.5),
        ("note", "note-soft", 4.5),
        ("bad", "bad-soft", 4.5),
        ("bad", "surface", 4.5),
        ("control", "surface", 3),
        ("control", "ground", 3),
    ],
)
def test_colours_meet_wcag_aa(front: str, back: str, least: float, dark: bool) -> None:
    colours = tokens(dark=dark)
    lighter, darker = sorted((luminance(colours[front]), luminance(colours[back])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= least
