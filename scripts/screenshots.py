"""Take the screenshots in docs/: the real services over the sample gallery, in Chromium.

`python -m scripts.screenshots [NAME…]` (needs /usr/bin/chromium; every picture is drawn by this project).
"""

import io
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from aggregate_service.sample_gallery import draw_sample_gallery
from tests.browser.conftest import ARGUMENTS, CHROMIUM, ready, until
from tests.system.test_make_run import launched

TARGET = Path(__file__).parent.parent / "docs" / "screenshots"
ASKED = ("sunset-02.jpg", "cat-04.jpg", "balloon-03.jpg")


@dataclass(frozen=True)
class Scene:
    """One screenshot: how to get there, and what it is seen with."""

    name: str
    act: Callable[[Page, str, Path], None]
    width: int = 1280
    height: int = 860
    dark: bool = False
    language: str = "en"
    full: bool = False


def start(page: Page, base: str, _drawn: Path) -> None:
    page.goto(base)


def chosen(page: Page, base: str, drawn: Path) -> None:
    page.goto(base)
    ready(page)
    page.set_input_files("#files", [drawn / name for name in ASKED])
    page.fill("#text", "in the evening")


def results(page: Page, base: str, drawn: Path) -> None:
    page.goto(base)
    ready(page)
    page.set_input_files("#files", [drawn / name for name in ASKED])
    page.get_by_role("button", name="Search", exact=True).click()
    until(page, "document.querySelectorAll('.matches .score').length === 15")


def by_picture(page: Page, base: str) -> None:
    page.goto(f"{base}/images")
    shown = page.locator(".pictures a.open").nth(2).get_attribute("data-id")
    page.goto(f"{base}/search?id={shown}")


def similar(page: Page, base: str, _drawn: Path) -> None:
    by_picture(page, base)
    page.get_by_role("link", name="Show more").click()


def question(page: Page, base: str, _drawn: Path) -> None:
    by_picture(page, base)
    page.get_by_placeholder("Less of …").fill("white")
    page.keyboard.press("Enter")
    page.wait_for_url("**white**")


def viewer(page: Page, base: str, _drawn: Path) -> None:
    by_picture(page, base)
    ready(page)
    page.locator(".matches a.open").nth(1).click()
    page.locator(".viewer .panel").wait_for()


def crop(page: Page, base: str, drawn: Path) -> None:
    viewer(page, base, drawn)
    page.locator(".tool.crop").click()


def catalogue(page: Page, base: str, _drawn: Path) -> None:
    page.goto(f"{base}/images")


def adding(page: Page, base: str, _drawn: Path) -> None:
    page.goto(f"{base}/images")
    ready(page)
    page.locator(".add > summary").click()


def job(page: Page, base: str, drawn: Path) -> None:
    adding(page, base, drawn)
    broken = drawn / "cut-short.jpg"
    broken.write_bytes((drawn / ASKED[0]).read_bytes()[:300])
    page.set_input_files("#add-files", [drawn / ASKED[0], drawn / ASKED[1], broken])
    page.locator(".adding button[type=submit]").click()
    page.locator(".errors").wait_for()


def jobs(page: Page, base: str, _drawn: Path) -> None:
    page.goto(f"{base}/jobs")


def status(page: Page, base: str, _drawn: Path) -> None:
    page.goto(f"{base}/status")


SCENES = (
    Scene("search", start),
    Scene("search-dark-de", start, dark=True, language="de"),
    Scene("search-phone", start, width=390, height=844),
    Scene("chosen", chosen),
    Scene("results", results, full=True),
    Scene("results-phone", results, width=390, height=1400),
    Scene("similar-dark", similar, dark=True),
    Scene("question", question),
    Scene("question-phone-dark", question, width=390, height=1100, dark=True),
    Scene("viewer", viewer),
    Scene("viewer-phone", viewer, width=390, height=844),
    Scene("crop-dark", crop, dark=True),
    Scene("pictures", catalogue),
    Scene("pictures-dark", catalogue, dark=True),
    Scene("pictures-phone", catalogue, width=390, height=844),
    Scene("adding", adding),
    Scene("job", job, height=760),
    Scene("jobs", jobs, height=600),
    Scene("status", status, full=True),
    Scene("status-phone-dark", status, width=390, height=844, dark=True, full=True),
)


def take(browser: Browser, scene: Scene, base: str, drawn: Path) -> None:
    context = browser.new_context(
        viewport={"width": scene.width, "height": scene.height},
        color_scheme="dark" if scene.dark else "light",
        locale=scene.language,
        has_touch=scene.width < 600,
        reduced_motion="reduce",
    )
    page = context.new_page()
    scene.act(page, base, drawn)
    page.wait_for_load_state("networkidle")
    png = page.screenshot(full_page=scene.full)
    Image.open(io.BytesIO(png)).convert("RGB").save(TARGET / f"{scene.name}.webp", quality=84, method=6)
    context.close()


def main(names: list[str]) -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        drawn = Path(scratch, "drawn")
        draw_sample_gallery(drawn)
        with launched(Path(scratch)) as services:
            services.wait_for("Ctrl-C stops it")
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            for scene in SCENES:
                if not names or scene.name in names:
                    take(browser, scene, f"http://127.0.0.1:{services.port}", drawn)
            browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
