"""Searching by parts of a picture: what a box finds while it is drawn, and several boxes."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route

from tests.browser.conftest import Opener, until
from tests.browser.fake_world import World
from tests.browser.test_page import search, uploads
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def cropping(open_page: Opener, address: str) -> Page:
    page = open_page(f"{address}/search?id=4&k=10").page
    page.locator(".rows a.open").nth(1).click()
    page.get_by_role("button", name="Crop").click()
    page.locator(".live .rows > li").first.wait_for()
    return page


def boxes(page: Page) -> list[str]:
    return parse_qs(urlsplit(page.url).query)["box"]


def test_what_a_part_finds_shows_while_it_is_moved(cropping: Page, world: World) -> None:
    assert cropping.locator(".live .live-words").inner_text() == "11 pictures look like this part"
    assert world.boxes == ["0.2,0.2,0.6,0.6"]
    held: list[Route] = []
    cropping.route("**/search?*box=*", lambda route: held.append(route))
    cropping.keyboard.press("ArrowRight")
    wait_until(lambda: cropping.title() and held, "the first part to be asked about")
    for _ in range(4):
        cropping.keyboard.press("ArrowRight")
    cropping.wait_for_timeout(600)
    assert len(held) == 1  # one at a time
    held[0].continue_()
    wait_until(lambda: cropping.title() and len(held) == 2, "the newest part to be asked about")
    assert "box=0.3,0.2,0.6,0.6" in held[1].request.url
    held[1].continue_()
    until(cropping, "document.querySelector('.live .live-words').textContent.includes('pictures')")
    cropping.locator(".live a.open").nth(2).click()
    cropping.locator(".live").wait_for(state="hidden")
    assert cropping.url.endswith("#picture-3")
    cropping.go_back()
    until(cropping, "document.querySelector('#viewer-name').textContent === '01.jpg'")


def test_several_parts_are_each_answered(cropping: Page) -> None:
    cropping.get_by_role("button", name="Another part").click()
    cropping.keyboard.press("ArrowLeft")
    cropping.get_by_role("button", name="Part 1: change it").click()
    cropping.keyboard.press("ArrowUp")
    cropping.get_by_role("button", name="Another part").click()
    cropping.get_by_role("button", name="Remove this part").click()
    cropping.get_by_role("button", name="Search by these 2 parts").click()
    cropping.wait_for_url("**/search?id=1&box=*")
    assert boxes(cropping) == ["0.2,0.18,0.6,0.6", "0.37,0.39,0.34,0.34"]
    assert cropping.locator("article").count() == 2
    assert cropping.locator("article h2").first.inner_text() == "Part 1 · 01.jpg"
    views = [each.get_attribute("viewBox") for each in cropping.locator(".query svg.preview").all()]
    assert len(set(views)) == 2
    assert "2 parts of it" in cropping.locator(".question").inner_text()
    cropping.get_by_role("link", name="See all").last.click()
    cropping.wait_for_load_state()
    assert boxes(cropping) == ["0.37,0.39,0.34,0.34"]


def test_parts_of_ones_own_photo(open_page: Opener, address: str, pictures: Path, world: World) -> None:
    page = open_page(address).page
    search(page, uploads(pictures, 1))
    page.locator(".part a.open").click()
    page.get_by_role("button", name="Crop").click()
    page.locator(".live .rows > li").first.wait_for()
    assert world.asked[-1]["files"] == ["part.jpg"]  # no more of it is sent than is asked about
    page.get_by_role("button", name="Another part").click()
    page.get_by_role("button", name="Search by these 2 parts").click()
    page.wait_for_url("**/?photo=*box=*box=*")
    until(page, "document.querySelectorAll('article').length === 2")
    until(page, "!document.querySelector('article[aria-busy]')")
    asked = [each["box"] for each in world.asked[-2:]]
    assert sorted(asked) == ["0.2,0.2,0.6,0.6", "0.39,0.39,0.34,0.34"]
    until(page, "document.querySelector('article h2').textContent.trim() === 'Part 1 · 00.jpg'")


def test_without_javascript_several_parts_have_an_address(open_page: Opener, address: str) -> None:
    page = open_page(f"{address}/search?id=1&box=0,0,1,0.5&box=0,0.5,1,0.5", scripted=False).page
    assert page.locator("article").count() == 2
