"""Links to searches that others can open, and searches with pictures of other web pages."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Opener, ready, until
from tests.browser.fake_world import World
from tests.browser.test_page import BRING, REFUSED, search, uploads

pytestmark = pytest.mark.browser
LINK = "https://pictures.example/a%20bus.jpg"


def copied(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_a_search_by_words_has_a_link_for_everybody(open_page: Opener, address: str) -> None:
    page = open_page(f"{address}/search?text=a+bus").page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    page.get_by_text("The link was copied.").last.wait_for()
    assert copied(page) == f"{address}/search?text=a+bus"


def test_a_search_by_photo_says_where_its_link_works_and_offers_to_keep_it(
    open_page: Opener, address: str, pictures: Path, world: World
) -> None:
    page = open_page(address).page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    search(page, uploads(pictures, 1))
    page.get_by_role("button", name="Copy link").click()
    page.locator(".toast p", has_text="works only in this browser").wait_for()
    assert copied(page) == page.url
    page.get_by_role("button", name="Keep this photo").click()
    page.locator(".toast p", has_text="There is a link now").wait_for()
    assert world.brought == ["00.jpg"]
    page.locator(".toast").get_by_role("button", name="Copy link").click()
    page.wait_for_url("**/search?id=0")
    assert copied(page) == f"{address}/search?id=0"


def test_a_dropped_picture_of_another_page_is_fetched_and_not_kept(
    open_page: Opener, address: str, pictures: Path, world: World
) -> None:
    world.elsewhere[LINK] = pictures / "05.jpg"
    page = open_page(address, expected=REFUSED).page
    page.evaluate(BRING, {"event": "drop", "link": LINK})
    page.wait_for_url("**/?photo=*")
    page.locator(".rows > li").nth(29).wait_for()
    assert page.locator(".part bdi").inner_text() == "a bus.jpg"
    assert world.asked[-1]["files"] == ["a bus.jpg"]
    assert world.brought == []
    page.evaluate(BRING, {"event": "drop", "link": "https://pictures.example/known.jpg"})
    page.wait_for_url("**/search?url=*known.jpg")  # of the catalogue


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_page_of_an_unknown_link_offers_to_search_with_it(
    open_page: Opener, address: str, pictures: Path, world: World, language: str
) -> None:
    world.elsewhere[LINK] = pictures / "05.jpg"
    asked = f"{address}/search?url={LINK.replace('%', '%25')}"
    page = open_page(f"{address}/status", language=language, expected=REFUSED).page
    page.goto(asked)
    ready(page)
    page.locator("form.by-link button").click()
    page.wait_for_url("**/?photo=*")
    page.locator(".rows > li").nth(29).wait_for()


def test_what_cant_be_fetched_is_said(open_page: Opener, address: str, pictures: Path, world: World) -> None:
    page = open_page(f"{address}/status", expected=(*REFUSED, "status of 502")).page
    world.elsewhere[LINK] = pictures / "05.jpg"
    page.goto(f"{address}/search?url={LINK.replace('%', '%25')}")
    ready(page)
    world.elsewhere = {f"{LINK}?other": pictures / "05.jpg"}
    page.route("**/search?url=*k=1", lambda route: route.fulfill(status=404))
    page.locator("form.by-link button").click()
    page.locator(".toast p", has_text="pictures.example can’t be reached.").wait_for()
    until(page, "location.pathname === '/search'")
