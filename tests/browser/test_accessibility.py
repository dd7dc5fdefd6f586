"""WCAG 2.2 AA as far as a program can see it: axe-core finds nothing on any page, in any state."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Opener, ready
from tests.browser.fake_world import World
from tests.browser.test_page import REFUSED, search, uploads

pytestmark = pytest.mark.browser
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What else it found, every element that is as it should be, takes longer to tell than to find.
RUN = """
(tags) => axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] })
    .then((results) => results.violations)
"""


def violations(page: Page) -> list[str]:
    page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate(RUN, TAGS)
    return [
        f"{violation['id']}: {violation['help']}: {[node['html'][:200] for node in violation['nodes'][:3]]}"
        for violation in found
    ]


PATHS = [
    "/",
    "/?photo=unknown",
    "/search?text=a+bus&label=nothing",
    "/search?text=a+bus",
    "/search?text=a+unicorn",
    "/search?id=3&text=snow&text=night^-0.5&box=0,0,1,0.5",
    "/images",
    "/images?label=nothing",
    "/images?deleted=3",
    "/images/3",
    "/jobs",
    "/jobs/j1",
    "/status",
]


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page(open_page: Opener, address: str, world: World, dark: bool, width: int) -> None:
    job = world.new_job("upload", 9)
    for _ in range(9):
        world.advance(job)
    page = open_page(address, dark=dark, width=width, language="de" if dark else "en").page
    for path in PATHS:
        page.goto(address + path)
        page.evaluate("document.querySelectorAll('details').forEach((details) => (details.open = true))")
        assert violations(page) == [], path


@pytest.mark.parametrize("width", [320, 1280])
def test_a_search_with_pictures_and_a_broken_one(
    open_page: Opener, address: str, pictures: Path, tmp_path: Path, width: int
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_text("not a picture")
    page = open_page(address, width=width, expected=REFUSED).page
    search(page, [*uploads(pictures, 2), str(broken)])
    assert violations(page) == []


def opened(page: Page) -> None:
    page.locator(".rows a.open").first.click()
    page.locator(".viewer .panel").wait_for()


def cropping(page: Page) -> None:
    opened(page)
    page.get_by_role("button", name="Crop").click()


def explained(page: Page) -> None:
    opened(page)
    page.get_by_role("button", name="Why").click()
    page.locator(".heat:visible").wait_for()


@pytest.mark.parametrize("state", [opened, cropping, explained])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_viewer(open_page: Opener, address: str, state: Callable[[Page], None], dark: bool) -> None:
    page = open_page(f"{address}/search?id=3", dark=dark).page
    state(page)
    assert violations(page) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_service_that_is_down(open_page: Opener, address_of_down: str, dark: bool) -> None:
    page = open_page(address_of_down, dark=dark).page
    assert violations(page) == []
    page.goto(f"{address_of_down}/status")
    assert violations(page) == []


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1280, False)])
def test_a_page_that_only_says_what_went_wrong(
    open_page: Opener, address: str, width: int, dark: bool
) -> None:
    page = open_page(f"{address}/trouble", width=width, dark=dark, expected=REFUSED).page
    assert page.get_by_role("link", name="Try again").get_attribute("href") == "/trouble"
    assert violations(page) == []


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1280, False)])
def test_no_connection(open_page: Opener, address: str, pictures: Path, width: int, dark: bool) -> None:
    page = open_page(address, width=width, dark=dark, expected=("ERR_INTERNET_DISCONNECTED",)).page
    search(page, uploads(pictures, 1))
    page.context.set_offline(True)
    page.locator(".offline").wait_for()
    assert violations(page) == []


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1280, False)])
def test_deleted_and_to_be_undone(open_page: Opener, address: str, width: int, dark: bool) -> None:
    page = open_page(f"{address}/images", width=width, dark=dark).page
    page.locator(".pictures a.open").first.click()
    page.locator(".viewer form.delete button").click()
    page.locator(".toast button").wait_for()
    assert violations(page) == []


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1280, False)])
def test_an_empty_catalogue(open_page: Opener, address: str, world: World, width: int, dark: bool) -> None:
    world.paths.clear()
    page = open_page(f"{address}/images", width=width, dark=dark).page
    page.get_by_role("heading", name="No pictures yet").wait_for()
    assert violations(page) == []


SMALL = """() => [...document.querySelectorAll("a, button, summary, select, input:not([type=hidden])")]
    .filter((element) => element.checkVisibility({ opacityProperty: true }))
    .filter((element) => !element.closest("p, li > div, .note") && !element.closest(".skip"))
    .map((element) => [element.outerHTML.slice(0, 120), element.getBoundingClientRect()])
    .filter(([, box]) => box.width > 0 && (box.width < 24 || box.height < 24))
    .map(([html, box]) => `${html} ${box.width}x${box.height}`)
"""


def test_targets_are_large_enough(open_page: Opener, address: str, world: World) -> None:
    world.new_job("upload", 9)["state"] = "done"
    page = open_page(address, width=390).page
    for path in (*PATHS, "/images/3?model=mini"):
        page.goto(address + path)
        ready(page)
        assert page.evaluate(SMALL) == [], path
