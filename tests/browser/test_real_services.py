"""The pages of the three real services, as people use them, with JavaScript and without."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, Response

from tests.browser.conftest import Opener, until
from tests.browser.test_page import HOSTILE, either
from tests.system.launcher import Launcher, launched
from tests.system.pictures import jpeg, write_gallery
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gallery(tmp_path_factory.mktemp("real") / "pictures", 20)


@pytest.fixture(scope="module")
def services(folder: Path) -> Iterator[Launcher]:
    with launched(folder.parent, IMAGES=str(folder)) as launcher:
        launcher.wait_for("Ctrl-C stops it")
        yield launcher


@pytest.mark.parametrize("scripted", [False, True], ids=["no-script", "script"])
def test_each_upload_is_shown_with_its_five_pictures(
    open_page: Opener, services: Launcher, folder: Path, tmp_path: Path, scripted: bool
) -> None:
    broken = tmp_path / '"><img src=x onerror=alert(1)>.jpg'
    broken.write_bytes(b"not a picture")
    page = open_page(f"http://127.0.0.1:{services.port}", scripted=scripted, expected=("status of 422",)).page
    page.set_input_files("#files", [folder / "004.jpg", broken, folder / "009.jpg"])
    if not scripted:  # with scripts, the search begins by itself
        page.get_by_role("button", name="Search", exact=True).click()
    page.locator("article").nth(2).wait_for()
    until(page, "!document.querySelector('article[aria-busy]')")
    page.wait_for_load_state("networkidle")
    results = page.locator("article")
    assert results.count() == 3
    for place, name in ((0, "004.jpg"), (2, "009.jpg")):
        hits = results.nth(place).locator("a.open[href^='/images/']")
        assert hits.count() == 10
        assert hits.first.locator("img").get_attribute("alt") == name
        widths = hits.locator("img").evaluate_all("images => images.map(image => image.naturalWidth)")
        assert all(widths), "a thumbnail didn't load"
    assert "onerror=alert(1)" in results.nth(1).inner_text()
    assert "isn't" in results.nth(1).inner_text()


def test_a_found_picture_opens_in_full(open_page: Opener, services: Launcher, folder: Path) -> None:
    page = open_page(f"http://127.0.0.1:{services.port}", scripted=False).page
    page.set_input_files("#files", [folder / "002.jpg"])
    page.get_by_role("button", name="Search", exact=True).click()
    page.locator(".rows a.open").first.click()
    with page.expect_navigation() as opened:
        page.locator("a.whole").click()
    assert opened.value is not None
    assert opened.value.body() == (folder / "002.jpg").read_bytes()


@either
def test_all_pictures_are_reached_and_their_thumbnails_are_kept(
    open_page: Opener, services: Launcher, folder: Path, scripted: bool
) -> None:
    base = f"http://127.0.0.1:{services.port}"
    page = open_page(f"{base}/status", scripted=scripted).page
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(f"{base}/images")
    first = page.locator(".pictures > li").count()
    assert first >= 20
    names = set(page.locator(".pictures img").evaluate_all("all => all.map(image => image.alt)"))
    if scripted:
        wait_until(partial(scrolled_to_the_end, page), "all pictures to be shown")
        names |= set(page.locator(".pictures img").evaluate_all("all => all.map(image => image.alt)"))
    while not scripted and page.get_by_role("link", name="Older").count():
        page.get_by_role("link", name="Older").click()
        names |= set(page.locator(".pictures img").evaluate_all("all => all.map(image => image.alt)"))
    assert {path.name for path in folder.iterdir()} <= names
    thumbnails = [answer for answer in answers if "/thumbnail" in answer.url]
    assert thumbnails
    for answer in thumbnails:
        assert "v=" in answer.url  # the content's hash
        assert "immutable" in (answer.header_value("cache-control") or "")


@either
def test_pictures_are_added_found_deleted_and_brought_back(
    open_page: Opener, services: Launcher, tmp_path: Path, scripted: bool
) -> None:
    base = f"http://127.0.0.1:{services.port}"
    mine = tmp_path / f"mine-{scripted}.jpg"
    mine.write_bytes(jpeg(300 + scripted))
    broken = tmp_path / HOSTILE
    broken.write_bytes(b"not a picture")
    page = open_page(f"{base}/images", scripted=scripted).page
    before = page.locator(".summary").inner_text()
    page.locator(".add > summary").click()
    page.set_input_files("#add-files", [mine, broken])
    page.fill("input[name=labels]", "brought in")
    page.get_by_role("button", name="Add", exact=True).click()
    follow(page, scripted)
    assert "1 added of 2 · 1 failed" in page.locator(".counts").inner_text()
    failed = page.locator(".errors").inner_text()
    assert "><img src=x onerror=alert(1)>.jpg" in failed  # browsers send the quotation mark as %22
    assert "isn't a picture" in failed

    page.get_by_role("link", name="See the pictures").click()
    assert page.locator(".summary").inner_text() != before
    page.locator(".pictures a.open").first.click()
    page.get_by_role("link", name="brought in").wait_for()
    assert mine.name in page.locator("#viewer-name" if scripted else "h1").inner_text()
    page.get_by_role("button", name="Delete").click()
    undo = page.get_by_role("button", name="Undo")
    undo.wait_for()
    assert page.locator(".pictures img").first.get_attribute("alt") != mine.name
    undo.click()
    if not scripted:
        page.wait_for_url("**/jobs/*")
        the_end_of(page, scripted)
        page.goto(f"{base}/images")
    page.locator(f".pictures img[alt='{mine.name}']").wait_for()


@either
def test_links_that_lead_nowhere_are_listed_with_the_reason(
    open_page: Opener, services: Launcher, tmp_path: Path, scripted: bool
) -> None:
    table = tmp_path / "links.csv"
    table.write_text("url\nhttp://127.0.0.1/a.jpg\nno link\n")
    base = f"http://127.0.0.1:{services.port}"
    page = open_page(f"{base}/images", scripted=scripted, language="de").page
    page.locator(".add > summary").click()
    page.set_input_files("#add-list", table)
    page.get_by_role("button", name="Hinzufügen", exact=True).click()
    follow(page, scripted)
    assert page.locator("h1").inner_text() == "Liste von Links"
    failed = page.locator(".errors").inner_text()
    assert "Der Link führt zu 127.0.0.1, das nicht im öffentlichen Internet liegt" in failed
    assert "„no link“ ist kein Link: Er muss mit http:// oder https:// beginnen." in failed


@either
def test_nothing_is_lost_on_the_way_to_a_problem(
    open_page: Opener, services: Launcher, scripted: bool
) -> None:
    base = f"http://127.0.0.1:{services.port}"
    page = open_page(f"{base}/images/9999", scripted=scripted, language="de", expected=("404",)).page
    assert "Im Katalog gibt es kein Bild mit der Nummer 9999." in page.get_by_role("alert").inner_text()
    page.locator("main").get_by_role("link", name="Suche", exact=True).click()
    page.wait_for_url(f"{base}/")


def scrolled_to_the_end(page: Page) -> bool:
    page.mouse.wheel(0, 4000)
    return page.locator(".pages [rel=next]").count() == 0


def follow(page: Page, scripted: bool) -> None:
    """What is being added, to the end of its page: with scripts, a list in the bar leads to it."""
    if scripted:
        page.locator(".activity > summary").click()
        page.locator(".activity li a").first.click()
    page.wait_for_url("**/jobs/*")
    the_end_of(page, scripted)


def the_end_of(page: Page, scripted: bool) -> None:
    """Wait for the job that is shown."""

    def ended() -> bool:
        if not scripted:
            page.reload()
        return page.locator(".state.done, .state.failed").count() > 0

    wait_until(ended, "the job to end")
