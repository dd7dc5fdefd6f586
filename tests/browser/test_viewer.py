"""A result in large: keys, swipes, focus, cropping, and why it was found."""

from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Opener
from tests.browser.fake_world import World
from tests.browser.test_page import search, uploads

pytestmark = pytest.mark.browser


@pytest.fixture
def opened(open_page: Opener, address: str) -> Page:
    """The second of five results, opened large."""
    page = open_page(f"{address}/search?id=4").page
    page.locator(".matches a.open").nth(1).click()
    page.locator(".viewer .panel").wait_for()
    return page


def name(page: Page) -> str:
    return page.locator("#viewer-name").inner_text()


def test_keys_step_through_the_results(opened: Page) -> None:
    assert (name(opened), opened.locator(".count").inner_text()) == ("01.jpg", "2 of 5")
    opened.keyboard.press("ArrowRight")
    assert name(opened) == "02.jpg"
    for _ in range(4):
        opened.keyboard.press("ArrowLeft")
    assert name(opened) == "00.jpg"
    assert opened.locator(".previous").is_hidden()
    assert "00.jpg 1 of 5" in opened.locator("#announcer").text_content()  # type: ignore[operator]


def test_escape_closes_and_the_focus_goes_back(opened: Page) -> None:
    opened.keyboard.press("ArrowRight")
    opened.keyboard.press("Escape")
    assert opened.locator("dialog").is_hidden()
    assert opened.evaluate("document.activeElement.dataset.id") == "2"


def test_the_focus_stays_inside(opened: Page) -> None:
    for _ in range(25):
        opened.keyboard.press("Tab")
        inside = "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        assert opened.evaluate(inside)


def test_a_swipe_steps(opened: Page) -> None:
    opened.mouse.move(600, 400)
    opened.mouse.down()
    opened.mouse.move(300, 410, steps=4)
    opened.mouse.up()
    assert name(opened) == "02.jpg"


def test_what_is_known_is_shown_and_leads_on(opened: Page) -> None:
    panel = opened.locator(".viewer .panel")
    assert "train/01.jpg" in panel.inner_text()
    assert panel.get_by_role("link", name="Download").get_attribute("download") == "01.jpg"
    assert panel.get_by_role("link", name="drawn").is_visible()
    panel.get_by_placeholder("More of …").fill("snow")
    opened.keyboard.press("Enter")
    opened.wait_for_url("**/search?id=1&text=snow*")
    opened.go_back()
    assert opened.locator(".matches > li").count() == 5


def test_search_by_it(opened: Page) -> None:
    opened.locator(".panel").get_by_role("link", name="Find similar").click()
    opened.wait_for_url("**/search?id=1")


def test_a_region_is_chosen_with_the_keyboard(opened: Page) -> None:
    opened.get_by_role("button", name="Crop").click()
    assert "20 %, 20 %; 60 % wide, 60 % high" in opened.locator(".crop-size").inner_text()
    opened.keyboard.press("ArrowRight")  # everything
    opened.keyboard.press("Tab")  # the top left corner
    opened.keyboard.press("Shift+ArrowDown")
    opened.keyboard.press("Tab")  # the bottom right corner
    opened.keyboard.press("Shift+ArrowRight")
    assert "22 %, 30 %; 70 % wide, 50 % high" in opened.locator(".crop-size").inner_text()
    opened.get_by_role("button", name="Search by this part").click()
    opened.wait_for_url("**/search?id=1&box=*")
    assert "box=0.22,0.3,0.7,0.5" in unquote(opened.url)
    assert "a part of it" in opened.locator(".question").inner_text()


def test_a_region_is_drawn_with_the_pointer(opened: Page) -> None:
    opened.get_by_role("button", name="Crop").click()
    frame = opened.locator(".cropping").bounding_box()
    assert frame is not None
    opened.mouse.move(frame["x"] + 0.05 * frame["width"], frame["y"] + 0.1 * frame["height"])
    opened.mouse.down()
    opened.mouse.move(frame["x"] + 0.55 * frame["width"], frame["y"] + 0.7 * frame["height"], steps=5)
    opened.mouse.up()
    shown = opened.locator(".crop-size").inner_text()
    assert shown.startswith("Region: from 5 %, 10 %;")
    opened.keyboard.press("Escape")
    assert opened.locator(".cropping").is_hidden()
    opened.keyboard.press("Escape")
    assert opened.locator("dialog").is_hidden()


def test_ones_own_picture_is_cropped(open_page: Opener, address: str, pictures: Path, world: World) -> None:
    page = open_page(address).page
    page.locator("#files").set_input_files(uploads(pictures, 1))
    search(page)
    page.get_by_role("button", name="Crop").click()
    page.get_by_role("button", name="Search by this part").click()
    page.locator(".matches:not(.ghost) .word").first.wait_for()
    assert world.asked[-1] == {"text": "", "box": "0.2,0.2,0.6,0.6", "files": ["00.jpg"]}


def test_why_is_drawn_over_the_picture(opened: Page) -> None:
    opened.get_by_role("button", name="Why").click()
    opened.locator(".heat:visible").wait_for()
    assert opened.evaluate("document.querySelector('.heat').width") == 7
    assert opened.locator(".load").inner_text() == "Brighter where the picture fits your question better"
    opened.get_by_role("button", name="Why").click()
    assert opened.locator(".heat").is_hidden()
    assert opened.locator(".load").inner_text() == ""


def test_why_is_told_of_what_ones_own_picture_found(
    open_page: Opener, address: str, pictures: Path, world: World
) -> None:
    page = open_page(address).page
    page.locator("#files").set_input_files(uploads(pictures, 1))
    search(page)
    page.locator(".matches a.open").nth(1).click()
    page.get_by_role("button", name="Why").click()
    page.locator(".heat:visible").wait_for()
    assert world.asked[-1] == {"why": 1, "files": ["00.jpg"]}


def test_where_no_part_stands_out_that_is_said(opened: Page, world: World) -> None:
    world.flat = True
    opened.get_by_role("button", name="Why").click()
    opened.get_by_text("No part of it fits better than another.").wait_for()
    assert opened.locator(".heat").is_hidden()


def test_without_javascript_a_result_is_a_page(open_page: Opener, address: str) -> None:
    page = open_page(f"{address}/search?id=4", scripted=False).page
    page.locator(".matches a.open").nth(1).click()
    page.wait_for_url("**/images/1")
    assert page.locator("h1").inner_text() == "01.jpg"
    page.get_by_text("Search by a part of it").click()
    page.get_by_role("link", name="Top half").click()
    page.wait_for_url("**/search?id=1&box=0%2C0%2C1%2C0.5")
