"""A result in large: keys, swipes, focus, cropping, and why it was found."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Opener, until
from tests.browser.fake_world import World
from tests.browser.test_page import search, uploads

pytestmark = pytest.mark.browser


@pytest.fixture
def opened(open_page: Opener, address: str) -> Page:
    """The second of ten results, opened large."""
    page = open_page(f"{address}/search?id=4&k=10&offset=0").page
    page.locator(".rows a.open").nth(1).click()
    page.locator(".viewer .panel").wait_for()
    return page


def region(page: Page) -> str:
    return page.locator(".crop-size").text_content() or ""


def name(page: Page) -> str:
    return page.locator("#viewer-name").inner_text()


def test_keys_step_through_the_results(opened: Page) -> None:
    assert name(opened) == "01.jpg"
    opened.keyboard.press("ArrowRight")
    assert name(opened) == "02.jpg"
    for _ in range(4):
        opened.keyboard.press("ArrowLeft")
    assert name(opened) == "00.jpg"
    assert opened.locator(".previous").is_hidden()
    assert "00.jpg 1 of" in opened.locator("#announcer").text_content()  # type: ignore[operator]


def test_back_closes_it_and_each_picture_has_an_address(opened: Page, address: str, world: World) -> None:
    assert opened.url.endswith("#picture-1")
    opened.keyboard.press("ArrowRight")
    assert opened.url.endswith("#picture-2")
    opened.go_back()
    opened.locator("dialog").wait_for(state="hidden")
    assert opened.locator(".rows > li").count() >= 9
    opened.goto(f"{address}/search?text=a+bus&k=5#picture-33")  # not among these
    opened.locator(".viewer .panel").wait_for()
    assert name(opened) == "33.jpg"
    opened.get_by_role("button", name="Close").click()
    opened.locator("dialog").wait_for(state="hidden")
    opened.locator(".rows a.open").first.click()
    opened.get_by_role("button", name="Delete").click()  # one stays where one is
    opened.get_by_role("button", name="Undo").wait_for()
    assert world.deleted == {0}
    assert "/search?text=a+bus" in opened.url
    assert opened.locator('.rows a[data-id="0"]').count() == 0


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


def test_one_looks_closer_and_moves_the_picture(opened: Page) -> None:
    def shown() -> str:
        return str(opened.evaluate("document.querySelector('figure').style.transform"))

    stage = opened.locator(".viewer .stage")
    stage.dblclick(position={"x": 300, "y": 300})
    assert "scale(2.5)" in shown()
    before = shown()
    opened.mouse.move(400, 400)
    opened.mouse.down()
    opened.mouse.move(300, 380, steps=3)
    opened.mouse.up()
    assert name(opened) == "01.jpg"  # no swipe
    assert shown() != before
    opened.keyboard.press("+")
    assert "scale(3.25)" in shown()
    opened.keyboard.press("ArrowRight")
    assert shown() == ""
    opened.keyboard.press("?")
    assert opened.get_by_text("Closer, farther").is_visible()


def test_what_is_known_is_shown_and_leads_on(opened: Page) -> None:
    panel = opened.locator(".viewer .panel")
    assert "train/01.jpg" in panel.inner_text()
    assert panel.get_by_role("link", name="Download").get_attribute("download") == "01.jpg"
    assert panel.get_by_role("link", name="drawn").is_visible()
    panel.get_by_placeholder("More of …").fill("snow")
    opened.keyboard.press("Enter")
    opened.wait_for_url("**/search?id=1&text=snow*")
    opened.go_back()
    opened.locator("dialog[open]").wait_for()  # as it was left


def test_search_by_it(opened: Page) -> None:
    opened.locator(".panel").get_by_role("link", name="Find similar").click()
    opened.wait_for_url("**/search?id=1")


def test_a_region_is_chosen_with_the_keyboard(opened: Page) -> None:
    opened.get_by_role("button", name="Crop").click()
    opened.locator(".crops").wait_for()
    assert "20 %, 20 %; 60 % wide, 60 % high" in region(opened)
    opened.keyboard.press("ArrowRight")  # everything
    opened.keyboard.press("Tab")  # the top left corner
    opened.keyboard.press("Shift+ArrowDown")
    for _ in range(3):
        opened.keyboard.press("Tab")  # the bottom right corner
    opened.keyboard.press("Shift+ArrowRight")
    assert "22 %, 30 %; 70 % wide, 50 % high" in region(opened)
    opened.get_by_role("button", name="Search by this part").click()
    opened.wait_for_url("**/search?id=1&box=*")
    assert "box=0.22,0.3,0.7,0.5" in unquote(opened.url)
    assert "part of it" in opened.locator(".question").inner_text()
    shown = opened.locator(".part svg.preview")
    width, height = (float(value) for value in (shown.get_attribute("viewBox") or "").split()[2:])
    assert round(height / width, 2) == round(0.5 * 320 / (0.7 * 240), 2)  # what is asked about, and no more


def test_a_region_is_drawn_with_the_pointer(opened: Page) -> None:
    opened.get_by_role("button", name="Crop").click()
    opened.locator(".crops").wait_for()
    frame = opened.locator(".cropping").bounding_box()
    assert frame is not None
    opened.mouse.move(frame["x"] + 0.05 * frame["width"], frame["y"] + 0.1 * frame["height"])
    opened.mouse.down()
    opened.mouse.move(frame["x"] + 0.55 * frame["width"], frame["y"] + 0.7 * frame["height"], steps=5)
    opened.mouse.up()
    assert region(opened) == "Region: from 5 %, 10 %; 50 % wide, 60 % high"
    opened.locator(".handle.ne").hover()
    opened.mouse.down()
    opened.mouse.move(frame["x"] + 0.8 * frame["width"], frame["y"] + 0.3 * frame["height"], steps=3)
    opened.mouse.up()
    x, y, w, h = (int(value) for value in re.findall(r"\d+", region(opened)))
    assert (x, y + h) == (5, 70)
    assert abs(x + w - 80) < 6
    bar, corner = (opened.locator(each).bounding_box() for each in (".crop-bar", ".cropping"))
    assert bar is not None
    assert corner is not None
    assert bar["y"] >= corner["y"] + corner["height"]  # it covers no handle
    opened.keyboard.press("Escape")
    assert opened.locator(".cropping").is_hidden()
    opened.keyboard.press("Escape")
    assert opened.locator("dialog").is_hidden()


def test_ones_own_picture_is_cropped(open_page: Opener, address: str, pictures: Path, world: World) -> None:
    page = open_page(address).page
    search(page, uploads(pictures, 1))
    page.locator(".part a.open").click()
    page.get_by_role("button", name="Crop").click()
    page.get_by_role("button", name="Search by this part").click()
    page.wait_for_url("**/?photo=*box=*")
    page.locator(".rows > li").nth(29).wait_for()
    until(page, "document.querySelector('.part svg').getAttribute('viewBox') === '64 48 192 144'")
    assert world.asked[-1] == {"text": "", "box": "0.2,0.2,0.6,0.6", "files": ["00.jpg"]}


def test_why_is_drawn_over_the_picture(opened: Page) -> None:
    opened.get_by_role("button", name="Why").click()
    opened.locator(".heat:visible").wait_for()
    assert opened.evaluate("document.querySelector('.heat').width") == 7
    assert opened.locator(".load").inner_text() == "Brighter where the picture fits your question better"
    opened.keyboard.press("ArrowRight")  # it stays on
    opened.locator(".heat:visible").wait_for()
    assert name(opened) == "02.jpg"
    opened.get_by_role("button", name="Why").click()
    assert opened.locator(".heat").is_hidden()
    assert opened.locator(".load").inner_text() == ""


def test_why_is_told_of_what_ones_own_picture_found(
    open_page: Opener, address: str, pictures: Path, world: World
) -> None:
    page = open_page(address).page
    search(page, uploads(pictures, 1))
    page.locator(".rows a.open").nth(1).click()
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
    page.locator(".rows a.open").nth(1).click()
    page.wait_for_url("**/images/1")
    assert page.locator("h1").inner_text() == "01.jpg"
    page.get_by_text("Search by a part of it").click()
    page.get_by_role("link", name="Top half").click()
    page.wait_for_url("**/search?id=1&box=0%2C0%2C1%2C0.5")


def test_a_slideshow_goes_on_until_it_is_stopped(open_page: Opener, address: str) -> None:
    page = open_page(f"{address}/search?id=4&k=100").page
    page.clock.install()
    page.locator(".rows a.open").last.click()
    page.locator(".viewer .panel").wait_for()
    page.keyboard.press("s")
    page.locator(".viewer aside").wait_for(state="hidden")
    last = name_in_bar(page)
    page.clock.run_for(5_500)
    until(page, f"document.querySelector('#viewer-name').textContent !== '{last}'")
    assert name_in_bar(page) == "00.jpg"  # after the last one, the first
    page.evaluate(
        "Object.defineProperty(document, 'hidden', { value: true, configurable: true });"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.clock.run_for(30_000)
    assert name_in_bar(page) == "00.jpg"  # nobody looks
    page.keyboard.press("s")
    page.locator(".viewer aside").wait_for()
    page.keyboard.press("Escape")
    assert page.locator("dialog").is_hidden()


def name_in_bar(page: Page) -> str:
    return page.locator("#viewer-name").text_content() or ""


@pytest.mark.parametrize("language", ["en", "de"])
def test_title_labels_and_date_are_edited_where_the_picture_is_shown(
    open_page: Opener, address: str, world: World, language: str
) -> None:
    page = open_page(f"{address}/search?id=4&k=5", language=language).page
    page.locator(".rows a.open").first.click()
    page.locator(".viewer .panel").wait_for()
    page.keyboard.press("e")
    until(page, "document.activeElement.name === 'title'")
    page.keyboard.type("At the beach")
    page.locator(".edit [name=labels]").fill("sea, holiday")
    page.locator(".edit [name=taken]").fill("2024-07-01T12:30:05")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('#viewer-name').textContent === 'At the beach'")
    assert world.said[0] == {
        "title": "At the beach",
        "labels": ["sea", "holiday"],
        "taken": "2024-07-01T12:30:05",
    }
    assert page.locator(".labels a").all_inner_texts() == ["sea", "holiday"]
    assert page.locator(".rows a.open img").first.get_attribute("alt") == "At the beach"
    assert "2024, 12:30" in page.locator(".viewer .facts").first.inner_text()


def test_without_javascript_a_picture_is_edited_on_its_page(
    open_page: Opener, address: str, world: World
) -> None:
    page = open_page(f"{address}/images/3", scripted=False).page
    page.locator(".editing > summary").click()
    page.get_by_label("Title").fill("A bus")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/images/3")
    assert page.locator("h1").inner_text() == "A bus"
    assert world.said[3]["labels"] == ["drawn", "03"]
