"""WCAG 2.2 AA as far as a program can see it: axe-core finds nothing on any page, in any state."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Opener, Stage, ready
from tests.browser.fake_world import World
from tests.browser.stand_in import DOWN, EMPTY, create_stand_in
from tests.browser.test_page import BRING, REFUSED, search, uploads

pytestmark = pytest.mark.browser
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EVERYTHING = {"type": "tag", "values": TAGS}
# All that differs between a light and a dark page of one width.
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
# What else it found, every element that is as it should be, takes longer to tell than to find.
RUN = """
(only) => axe.run(document, { runOnly: only, resultTypes: ["violations"] })
    .then((results) => results.violations)
"""


def run_axe(page: Page, only: dict[str, Any]) -> list[str]:
    found: list[dict[str, Any]] = page.evaluate(RUN, only)
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
    "/images?label=drawn&taken_after=2026-01-05&orientation=portrait",
    "/images?deleted=3",
    "/images?sort=taken",
    "/images/3",
    "/duplicates",
    "/jobs",
    "/jobs/j1",
    "/status",
    "/trouble",
]
Look = tuple[int, Literal["dark", "light"], dict[str, Any]]
LOOKS: list[Look] = [
    (1280, "light", EVERYTHING),
    (1280, "dark", COLOURS),
    (390, "dark", EVERYTHING),
    (390, "light", COLOURS),
]
State = Callable[[Page], None]


def everything_open(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((details) => (details.open = true))")


def as_it_is(page: Page) -> None:
    """Nothing was done."""


def opened(page: Page) -> None:
    page.locator(".rows a.open").first.click()
    page.locator(".viewer .panel").wait_for()


def cropping(page: Page) -> None:
    opened(page)
    page.locator(".tool.crop").click()
    page.locator(".crops").wait_for()


def explained(page: Page) -> None:
    opened(page)
    page.locator("button.why").click()
    page.locator(".heat:visible").wait_for()


def chosen(page: Page) -> None:
    page.locator(".choose input").nth(1).check()
    page.locator(".chosen-labels > summary").click()


def dragged(page: Page) -> None:
    page.locator(".grip").focus()


def deleted(page: Page) -> None:
    opened(page)
    page.locator(".viewer form.delete button").click()
    page.locator(".toast button").wait_for()


def added(page: Page) -> None:
    page.locator(".add > summary").click()
    page.evaluate(BRING, {"event": "drop"})
    page.locator(".activity > summary").click()
    page.locator(".activity li").first.wait_for()


def offline(page: Page) -> None:
    page.context.set_offline(True)
    page.locator(".offline").wait_for()


DONE: list[tuple[str, State]] = [
    ("/search?id=3", opened),
    ("/search?id=3", cropping),
    ("/search?text=a+bus", explained),
    ("/images", chosen),
    ("/images?sort=taken", dragged),
    ("/images", deleted),
    ("/images", added),
    ("/", offline),
]


class Looker:
    """Looks at one state of a page as light and dark, on a desktop and a phone, loading it once."""

    def __init__(self, page: Page, looks: list[Look]) -> None:
        self.page, self.looks = page, looks
        self.found: list[str] = []

    def look(self, address: str, state: State) -> None:
        self.page.context.set_offline(False)
        self._dress(*self.looks[0][:2])
        self.page.goto(address)
        ready(self.page)
        state(self.page)
        self.at(f"{address} {state.__name__}")

    def at(self, what: str) -> None:
        self.page.evaluate(AXE)
        for width, theme, only in self.looks:
            self._dress(width, theme)
            self.found += [f"{what} {width} {theme}: {each}" for each in run_axe(self.page, only)]

    def _dress(self, width: int, theme: Literal["dark", "light"]) -> None:
        self.page.set_viewport_size({"width": width, "height": 800})
        self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")


@pytest.mark.parametrize(
    ("language", "looks"),
    [("en", LOOKS), ("de", LOOKS[2:3])],  # other words change no colour; they are longest on a phone
    ids=["en", "de"],
)
def test_every_state_in_every_look(
    open_page: Opener,
    address: str,
    stage: Stage,
    world: World,
    pictures: Path,
    tmp_path: Path,
    language: str,
    looks: list[Look],
) -> None:
    """Every page, with all that opens in it open, and every state that one gets to by doing something."""
    job = world.new_job("upload", 9)
    for _ in range(9):
        world.advance(job)
    expected = (*REFUSED, "ERR_INTERNET_DISCONNECTED")
    page = open_page(address, language=language, expected=expected).page
    looker = Looker(page, looks)
    for path in PATHS:
        looker.look(address + path, everything_open)
    for path, state in DONE:
        looker.look(address + path, state)
    broken = tmp_path / "broken.jpg"
    broken.write_text("not a picture")
    page.context.set_offline(False)
    page.goto(address)
    ready(page)
    search(page, [*uploads(pictures, 2), str(broken)])
    looker.at("photos")
    stage.show(create_stand_in(pictures, DOWN))
    for path in ("/", "/status"):
        looker.look(address + path, as_it_is)
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    stage.show(create_stand_in(nothing, EMPTY))
    for path in ("/", "/images"):
        looker.look(address + path, as_it_is)
    assert looker.found == []


SMALL = """() => [...document.querySelectorAll("a, button, summary, select, input:not([type=hidden])")]
    .filter((element) => element.checkVisibility({ opacityProperty: true }))
    .filter((element) => !element.closest("p, li > div, .note") && !element.closest(".skip"))
    .map((element) => [element.outerHTML.slice(0, 120), element.getBoundingClientRect()])
    .filter(([, box]) => box.width > 0 && (box.width < 24 || box.height < 24))
    .map(([html, box]) => `${html} ${box.width}x${box.height}`)
"""


def test_targets_are_large_enough(open_page: Opener, address: str, world: World) -> None:
    world.new_job("upload", 9)["state"] = "done"
    page = open_page(address, width=390, expected=REFUSED).page
    for path in (*PATHS, "/images/3?model=mini"):
        page.goto(address + path)
        ready(page)
        assert page.evaluate(SMALL) == [], path
