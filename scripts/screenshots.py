"""Take the screenshots in docs/: the real services over the sample gallery, in Chromium.

`python -m scripts.screenshots [--to FOLDER] [NAME…]` takes all, or those named, within some minutes. It needs
/usr/bin/chromium; every picture in them is drawn by this project.
"""

import argparse
import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx2
from PIL import Image
from playwright.sync_api import Browser, Page, Route, sync_playwright

from aggregate_service.config import Settings
from aggregate_service.main import create_app
from aggregate_service.sample_gallery import draw_sample_gallery
from tests.browser.conftest import ARGUMENTS, CHROMIUM, ready, serve, until
from tests.system.launcher import UNREACHABLE, launched

TARGET = Path(__file__).parent.parent / "docs" / "screenshots"
ASKED = ("sunset-02.jpg", "cat-04.jpg", "balloon-03.jpg")
UNKNOWN = ("owl", "peacock", "volcano", "pyramid", "crown")
PATIENCE = 60_000  # milliseconds: the machine may be busy with other things


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
    still: bool = True
    """Whether everything that is asked for gets its answer."""


def start(page: Page, base: str, _drawn: Path) -> None:
    page.goto(base)


def options(page: Page, base: str, _drawn: Path) -> None:
    page.goto(base)
    page.locator(".options > summary").click()


def results(page: Page, base: str, drawn: Path) -> None:
    page.goto(base)
    ready(page)
    page.set_input_files("#files", [drawn / name for name in ASKED])
    page.wait_for_url("**/?photo=*")
    page.locator(".found:not(.ghost)").nth(2).wait_for()


def searching(page: Page, base: str, drawn: Path) -> None:
    """The first of three has its answer."""
    page.goto(base)
    ready(page)
    answered: list[Route] = []

    def first_only(route: Route) -> None:
        if route.request.method == "POST" and answered:
            return  # it never comes
        answered.append(route)
        route.continue_()

    page.route(f"{base}/", first_only)
    page.set_input_files("#files", [drawn / name for name in ASKED])
    page.locator(".found:not(.ghost)").first.wait_for()
    page.wait_for_timeout(1_000)  # its thumbnails


def broken(page: Page, base: str, drawn: Path) -> None:
    """One of the pictures can't be read."""
    page.goto(base)
    ready(page)
    page.set_input_files("#files", [drawn / ASKED[2], cut_short(drawn)])
    page.locator(".failed").wait_for()
    until(page, "!document.querySelector('article[aria-busy]')")


def offline(page: Page, base: str, drawn: Path) -> None:
    """The connection is gone; what was found stays."""
    page.goto(base)
    ready(page)
    page.set_input_files("#files", [drawn / ASKED[2]])
    page.locator(".found:not(.ghost)").wait_for()
    page.context.set_offline(True)
    page.locator(".offline").wait_for()


def unknown(page: Page, base: str, _drawn: Path) -> None:
    """Words that the encoder finds nothing for: which, depends on the encoder."""
    for words in UNKNOWN:
        page.goto(f"{base}/search?text={words}")
        if page.locator(".nothing").count():
            return


def nowhere(page: Page, base: str, _drawn: Path) -> None:
    page.goto(f"{base}/images/999999")


def by_picture(page: Page, base: str) -> None:
    page.goto(f"{base}/images")
    shown = page.locator(".pictures a.open").nth(2).get_attribute("data-id")
    page.goto(f"{base}/search?id={shown}")


def similar(page: Page, base: str, _drawn: Path) -> None:
    by_picture(page, base)


def question(page: Page, base: str, _drawn: Path) -> None:
    by_picture(page, base)
    page.locator(".refining > summary").click()
    page.get_by_placeholder("Less of …").fill("white")
    page.keyboard.press("Enter")
    page.wait_for_url("**white**")


def viewer(page: Page, base: str, _drawn: Path) -> None:
    by_picture(page, base)
    ready(page)
    page.locator(".rows a.open").nth(1).click()
    page.locator(".viewer .panel").wait_for()


def why(page: Page, base: str, _drawn: Path) -> None:
    page.goto(f"{base}/search?text=a+sailing+boat")
    ready(page)
    page.locator(".rows a.open").first.click()
    page.locator(".viewer .panel").wait_for()
    page.get_by_role("button", name="Why").click()
    page.locator(".heat:visible").wait_for()


def crop(page: Page, base: str, drawn: Path) -> None:
    viewer(page, base, drawn)
    page.locator(".tool.crop").click()


def catalogue(page: Page, base: str, _drawn: Path) -> None:
    page.goto(f"{base}/images")


def adding(page: Page, base: str, _drawn: Path) -> None:
    page.goto(f"{base}/images")
    ready(page)
    page.locator(".add > summary").click()


def encoders(page: Page, base: str, _drawn: Path) -> None:
    page.goto(f"{base}/images")
    page.locator(".encoders > summary").click()


def filtered(page: Page, base: str, _drawn: Path) -> None:
    page.goto(f"{base}/images?label=holiday")


def deleted(page: Page, base: str, _drawn: Path) -> None:
    page.goto(f"{base}/images")
    ready(page)
    page.locator(".pictures a.open").nth(1).click()
    page.locator(".viewer form.delete button").click()
    page.locator(".toast button").wait_for()


def emptied(page: Page, base: str, _drawn: Path) -> None:
    """The last scene: every picture is deleted."""
    httpx2.delete(f"{base}/images", params={"after": "2000-01-01"}, timeout=60).raise_for_status()
    page.goto(f"{base}/images")


def cut_short(drawn: Path) -> Path:
    path = drawn / "cut-short.jpg"
    path.write_bytes((drawn / ASKED[0]).read_bytes()[:300])
    return path


def job(page: Page, base: str, drawn: Path) -> None:
    adding(page, base, drawn)
    page.set_input_files("#add-files", [drawn / ASKED[0], drawn / ASKED[1], cut_short(drawn)])
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
    Scene("options", options),
    Scene("searching", searching, height=1000, still=False),
    Scene("results", results, full=True),
    Scene("results-phone", results, width=390, height=1400),
    Scene("similar-dark", similar, dark=True),
    Scene("question", question),
    Scene("question-phone-dark", question, width=390, height=1100, dark=True),
    Scene("nothing-close", unknown),
    Scene("broken", broken),
    Scene("offline-phone", offline, width=390, height=1000, still=False),
    Scene("nowhere-dark-de", nowhere, height=500, dark=True, language="de"),
    Scene("viewer", viewer),
    Scene("why", why),
    Scene("viewer-phone", viewer, width=390, height=844),
    Scene("crop-dark", crop, dark=True),
    Scene("pictures", catalogue),
    Scene("pictures-dark", catalogue, dark=True),
    Scene("pictures-phone", catalogue, width=390, height=844),
    Scene("adding", adding),
    Scene("encoders", encoders, height=600),
    Scene("no-match-dark", filtered, height=640, dark=True),
    Scene("deleted-phone-dark", deleted, width=390, height=844, dark=True),
    Scene("job", job, height=760),
    Scene("jobs", jobs, height=600),
    Scene("status", status, full=True),
    Scene("status-phone-dark", status, width=390, height=844, dark=True, full=True),
)


# Taken where the embedding service is down, and where no picture is left.
DOWN = (
    Scene("down", start),
    Scene("down-phone-dark-de", start, width=390, height=900, dark=True, language="de"),
    Scene("status-down", status),
)
EMPTY = (Scene("empty", emptied), Scene("search-empty-phone", start, width=390, height=900))


def take(browser: Browser, scene: Scene, base: str, drawn: Path, target: Path) -> None:
    context = browser.new_context(
        viewport={"width": scene.width, "height": scene.height},
        color_scheme="dark" if scene.dark else "light",
        locale=scene.language,
        has_touch=scene.width < 600,
        is_mobile=scene.width < 600,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    scene.act(page, base, drawn)
    if scene.still:
        page.wait_for_load_state("networkidle")
    page.mouse.move(1, 1)
    png = page.screenshot(full_page=scene.full)
    Image.open(io.BytesIO(png)).convert("RGB").save(target / f"{scene.name}.webp", quality=80, method=6)
    page.unroute_all(behavior="ignoreErrors")
    context.close()


def main(names: list[str], target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        drawn = Path(scratch, "drawn")
        draw_sample_gallery(drawn)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)

        def all_of(scenes: tuple[Scene, ...], base: str) -> None:
            for scene in scenes:
                if not names or scene.name in names:
                    take(browser, scene, base, drawn, target)

        with launched(Path(scratch), EMBEDDING_MODELS="color-layout") as services:
            services.wait_for("Ctrl-C stops it", 600)
            base = f"http://127.0.0.1:{services.port}"
            all_of(SCENES, base)
            alone = Settings(
                embedding_api_url=UNREACHABLE,
                search_api_url=f"http://127.0.0.1:{services.ports[8001]}",
                images_dir=drawn,
                catalog_path=Path(scratch, "catalog-of-another.db"),
            )
            with serve(create_app(alone)) as down:
                all_of(DOWN, down)
            all_of(EMPTY, base)
        browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=TARGET)
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    main(given.names, given.to)
