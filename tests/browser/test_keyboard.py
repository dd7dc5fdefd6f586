"""Every flow by keyboard alone: nothing is clicked, and what has the focus can be seen."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Opener, ready
from tests.browser.fake_world import World
from tests.browser.test_page import press, uploads

pytestmark = pytest.mark.browser
VISIBLE = """() => {
    const { activeElement } = document;
    const box = activeElement.getBoundingClientRect();
    const shown = activeElement.checkVisibility({ visibilityProperty: true });
    return shown && box.bottom > 0 && box.y < innerHeight;
}"""


def tab_to(page: Page, selector: str, key: str = "Tab") -> None:
    """As often as it takes; whatever is passed can be seen."""
    for _ in range(80):
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press(key)
        assert page.evaluate(VISIBLE), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
    raise AssertionError(f"no way to {selector}")


def test_searching_opening_and_deleting(open_page: Opener, address: str, world: World) -> None:
    page = open_page(address).page
    page.keyboard.type("a bus")
    press(page, "Enter")
    page.wait_for_url("**/search?*text=a+bus")
    ready(page)
    tab_to(page, ".skip")
    press(page, "Enter")
    tab_to(page, ".rows a.open")
    press(page, "Enter")
    page.locator(".viewer .panel").wait_for()
    press(page, "ArrowRight")
    page.locator("#viewer-name", has_text="01.jpg").wait_for()
    page.locator(".viewer .panel[data-name='01.jpg']").wait_for()
    tab_to(page, "form.delete button")
    press(page, "Enter")
    page.locator(".toast", has_text="01.jpg was deleted.").wait_for()
    assert world.deleted == {1}
    press(page, "Control+z")
    page.locator('.rows a[data-id="1"]').wait_for()
    assert world.deleted == set()


def test_selecting_and_labelling(open_page: Opener, address: str, world: World) -> None:
    page = open_page(f"{address}/images").page
    tab_to(page, ".rows a.open")
    press(page, " ", "Shift+ArrowRight", "l")
    page.keyboard.type("beach")
    press(page, "Enter")
    page.locator(".toast", has_text="2 pictures were changed.").wait_for()
    assert world.labelled == [("add", "beach", ["0", "1"])]
    assert page.evaluate("document.activeElement.dataset.id") == "0"


def test_duplicates(open_page: Opener, address: str, world: World) -> None:
    page = open_page(f"{address}/images").page
    tab_to(page, 'a[href="/duplicates"]')
    press(page, "Enter")
    page.wait_for_url("**/duplicates")
    ready(page)
    tab_to(page, '.duplicates [value="6"]')
    press(page, " ")
    tab_to(page, ".duplicates button")
    press(page, "Enter")
    page.wait_for_url("**/images?deleted=5")
    assert world.deleted == {5}
    ready(page)
    tab_to(page, ".notice button")
    press(page, "Enter")
    page.wait_for_url("**/jobs/j1")
    assert world.deleted == set()


def test_adding(open_page: Opener, address: str, pictures: Path, world: World) -> None:
    page = open_page(f"{address}/images").page
    tab_to(page, ".add > summary")
    press(page, "Enter")
    tab_to(page, "#add-files")
    with page.expect_file_chooser() as chooser:
        press(page, "Space")
    chooser.value.set_files(uploads(pictures, 2))
    tab_to(page, "form.adding button")
    press(page, "Enter")
    page.locator(".activity:not([hidden])").wait_for()
    assert world.brought == ["00.jpg", "01.jpg"]
    tab_to(page, ".activity > summary", "Shift+Tab")
    press(page, "Enter")
    assert page.locator(".activity li a").inner_text() == "2 files"
    press(page, "Escape")
    assert page.evaluate("document.activeElement.matches('.activity > summary')")


def test_going_to_a_month(open_page: Opener, address: str) -> None:
    page = open_page(f"{address}/images?sort=taken").page
    tab_to(page, ".grip")
    press(page, "End")
    page.locator(".group").first.get_by_role("heading", name="July 2026").wait_for()
