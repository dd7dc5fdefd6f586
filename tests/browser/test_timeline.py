"""The pictures by month, and the scrubber that leads to any of them."""

import pytest

from tests.browser.conftest import Opener, until
from tests.browser.test_page import press

pytestmark = pytest.mark.browser
BY_DATE = "/images?sort=taken"


def test_every_month_has_its_heading(open_page: Opener, address: str) -> None:
    page = open_page(address + BY_DATE, language="de").page
    page.locator(".group").nth(4).wait_for()
    assert page.locator(".group h2").all_inner_texts() == [
        "November 2026",
        "Oktober 2026",
        "September 2026",
        "August 2026",
        "Juli 2026",
    ]
    assert page.locator(".group").nth(3).locator("li").count() == 8  # of two pages


def test_dragging_says_the_month_and_leads_there(open_page: Opener, address: str) -> None:
    page = open_page(address + BY_DATE).page
    grip = page.get_by_role("slider", name="Month that is shown")
    assert grip.get_attribute("aria-valuetext") == "November 2026"
    box = grip.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"], 600, steps=3)
    assert page.locator(".bubble").inner_text() == "August 2026"
    page.mouse.up()
    page.wait_for_url("**cursor=*")
    page.locator(".group").first.get_by_role("heading", name="August 2026").wait_for()
    assert page.locator(".rows a.open").first.get_attribute("data-id") == "24"
    page.reload()
    page.locator(".group").first.get_by_role("heading", name="August 2026").wait_for()
    page.get_by_role("link", name="Newer").click()
    page.get_by_role("heading", name="November 2026").wait_for()
    assert page.locator(".rows > li").count() == 40
    assert page.evaluate("document.activeElement.dataset.id") == "24"


def test_the_grip_follows_and_takes_keys(open_page: Opener, address: str) -> None:
    page = open_page(address + BY_DATE, width=390, touch=True).page
    grip = page.get_by_role("slider")
    page.evaluate("document.querySelectorAll('.group')[2].scrollIntoView()")
    until(page, "document.querySelector('.grip').ariaValueText === 'September 2026'")
    grip.focus()
    press(page, "ArrowDown", "ArrowDown")
    page.locator(".group").first.get_by_role("heading", name="July 2026").wait_for()
    press(page, "Home")
    page.locator(".group").first.get_by_role("heading", name="November 2026").wait_for()


def test_without_javascript_there_is_a_list_of_months(open_page: Opener, address: str) -> None:
    page = open_page(address + BY_DATE, scripted=False).page
    page.locator(".months > summary").click()
    page.get_by_role("link", name="September 2026").click()
    assert page.locator(".group h2").first.inner_text() == "September 2026"
    page.get_by_role("link", name="Newer").click()
    assert page.locator(".group h2").first.inner_text() == "November 2026"
