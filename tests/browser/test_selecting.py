"""Choosing many pictures, and what is done with all of them."""

from collections.abc import Callable

import pytest
from playwright.sync_api import CDPSession, Page

from tests.browser.conftest import Opener, until
from tests.browser.fake_world import World
from tests.browser.test_page import either, press

pytestmark = pytest.mark.browser


@pytest.fixture
def listed(open_page: Opener, address: str) -> Page:
    return open_page(f"{address}/images").page


def chosen(page: Page) -> list[int]:
    ids = page.locator(".choose :checked").evaluate_all("(boxes) => boxes.map((box) => Number(box.value))")
    return [int(id_) for id_ in ids]


def middle(page: Page, number: int) -> tuple[float, float]:
    box = page.locator(".rows > li").nth(number).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_clicks_choose_and_shift_chooses_all_between(listed: Page) -> None:
    listed.locator(".choose input").nth(1).check()
    assert listed.locator(".chosen-count").inner_text() == "1 selected"
    listed.locator(".rows a.open").nth(4).click(modifiers=["Shift"])
    assert chosen(listed) == [1, 2, 3, 4]
    listed.locator(".rows a.open").nth(2).click()  # once some are chosen, a picture isn't opened
    assert chosen(listed) == [1, 3, 4]
    assert listed.locator("dialog").is_hidden()
    listed.get_by_role("button", name="Clear selection").click()
    assert chosen(listed) == []
    assert listed.locator(".chosen-bar").is_hidden()
    listed.get_by_role("button", name="Select", exact=True).click()
    listed.locator(".rows a.open").nth(3).click()
    assert chosen(listed) == [3]


def test_a_band_chooses_what_it_touches(listed: Page) -> None:
    listed.locator(".rows > li").first.hover()
    listed.locator("form[data-drags]").wait_for()
    listed.mouse.move(*middle(listed, 1))
    listed.mouse.down()
    listed.mouse.move(*middle(listed, 2))
    listed.mouse.move(*middle(listed, 3))
    until(listed, "document.querySelectorAll('.choose :checked').length === 3")
    listed.mouse.up()
    assert chosen(listed) == [1, 2, 3]
    assert listed.locator("dialog").is_hidden()
    assert listed.locator(".band").is_hidden()
    listed.locator(".rows a.open").nth(1).click()  # the next click is one again
    assert chosen(listed) == [2, 3]


def test_the_page_scrolls_along_with_the_band(listed: Page) -> None:
    listed.locator(".rows > li").first.hover()
    listed.locator("form[data-drags]").wait_for()
    listed.mouse.move(*middle(listed, 0))
    listed.mouse.down()
    listed.mouse.move(640, 700)
    listed.mouse.move(640, 795)
    until(listed, "document.querySelectorAll('.choose :checked').length > 20")
    listed.mouse.up()


def touching(page: Page) -> Callable[..., None]:
    session: CDPSession = page.context.new_cdp_session(page)

    def send(kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    return send


def test_a_long_press_chooses_and_a_finger_that_goes_on_chooses_more(open_page: Opener, address: str) -> None:
    page = open_page(f"{address}/images", width=390, touch=True).page
    page.locator("form[data-drags]").wait_for()
    touch = touching(page)
    touch("touchStart", middle(page, 2))
    until(page, "document.querySelectorAll('.choose :checked').length === 1")
    touch("touchMove", middle(page, 3))
    touch("touchMove", middle(page, 5))
    until(page, "document.querySelectorAll('.choose :checked').length === 4")
    touch("touchEnd")
    assert chosen(page) == [2, 3, 4, 5]
    assert page.locator("dialog").is_hidden()
    page.locator(".rows a.open").nth(6).tap()
    assert chosen(page) == [2, 3, 4, 5, 6]


def test_the_keyboard_chooses(listed: Page) -> None:
    listed.locator(".rows a.open").first.focus()
    press(listed, "ArrowRight", " ", "Shift+ArrowRight", "Shift+ArrowRight")
    assert chosen(listed) == [1, 2, 3]
    press(listed, "ArrowDown")
    below = listed.evaluate("Number(document.activeElement.dataset.id)")
    assert below > 3
    press(listed, "ArrowUp", "l")
    assert listed.evaluate("document.activeElement.name") == "labels"
    press(listed, "Escape")
    listed.locator(".choose input").first.focus()
    press(listed, "Escape")
    assert chosen(listed) == []
    press(listed, "Control+a")
    assert len(chosen(listed)) >= 30


@either
def test_labels_and_favourites(open_page: Opener, address: str, world: World, scripted: bool) -> None:
    page = open_page(f"{address}/images", scripted=scripted).page
    for number in (0, 2):
        page.locator(".choose input").nth(number).check()
    page.locator(".chosen-labels > summary").click()
    page.get_by_label("Labels, separated by commas").fill("beach")
    page.get_by_role("button", name="Add labels").click()
    if scripted:
        page.locator(".toast", has_text="2 pictures were changed.").wait_for()
        assert chosen(page) == []
    page.locator(".choose input").nth(1).check()
    page.get_by_role("button", name="Favourite").click()
    if scripted:
        page.locator(".toast", has_text="1 picture was changed.").wait_for()
    page.wait_for_url("**/images")
    assert world.labelled == [("add", "beach", ["0", "2"]), ("favourite", "♥", ["1"])]


def test_what_is_deleted_together_comes_back_together(listed: Page, world: World) -> None:
    listed.locator(".choose input").nth(0).check()
    listed.locator(".choose input").nth(3).check()
    listed.locator(".rows a.open").nth(3).focus()
    press(listed, "Delete")
    listed.locator(".toast", has_text="2 pictures were deleted.").wait_for()
    assert world.deleted == {0, 3}
    assert listed.evaluate("document.activeElement.dataset.id") == "4"
    listed.locator(".summary", has_text="38 pictures").wait_for()
    listed.get_by_role("button", name="Undo").click()
    listed.locator('.pictures a[href="/images/3"]').wait_for()
    assert world.deleted == set()


@either
def test_one_searches_by_all_of_them(open_page: Opener, address: str, scripted: bool) -> None:
    page = open_page(f"{address}/images", scripted=scripted).page
    for number in (1, 2):
        page.locator(".choose input").nth(number).check()
    page.locator(".chosen-bar").get_by_role("button", name="Find similar").click()
    page.wait_for_url("**/search?id=1&id=2")


@either
def test_filters_can_be_taken_away_one_by_one(open_page: Opener, address: str, scripted: bool) -> None:
    page = open_page(f"{address}/images?label=drawn&taken_after=2026-01-05", scripted=scripted).page
    assert page.locator(".part.filter bdi").all_inner_texts() == ["drawn", "5 January 2026"]
    page.locator(".filters > summary").click()
    page.get_by_label("Label", exact=True).fill("beach")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**label=drawn&label=beach*")
    assert page.locator(".part.filter bdi").all_inner_texts() == ["drawn", "beach", "5 January 2026"]
    page.get_by_role("link", name="Remove drawn").click()
    page.get_by_role("link", name="Remove 5 January 2026").click()
    assert page.locator(".part.filter bdi").all_inner_texts() == ["beach"]
    page.get_by_role("link", name="Remove beach").click()
    assert page.locator(".part.filter").count() == 0
