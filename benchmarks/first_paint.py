"""How long a first visit waits for its largest paint, beside what the server alone takes: one run, printed.

python -m benchmarks.first_paint
"""

import tempfile
from pathlib import Path
from time import perf_counter

import httpx2
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM, serve
from tests.browser.stand_in import create_stand_in

PATHS = ("/", "/search?text=a+bus", "/images", "/status")
AIM_MS = 2_500  # what "good" means for a largest contentful paint, by Core Web Vitals
_LARGEST = """
() => new Promise((resolve) => {
    new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime))
        .observe({ type: "largest-contentful-paint", buffered: true });
})
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        with serve(create_stand_in(_pictures(Path(scratch)))) as address:
            for path in PATHS:
                paint, answer = _largest_paint_ms(browser, address, path), _answer_ms(address + path)
                print(
                    f"{path}: largest paint after {paint:.0f} ms, {paint / AIM_MS:.2f} of the aim, "
                    f"{paint / answer:.0f} times the server's answer"
                )
        browser.close()


def _pictures(folder: Path) -> Path:
    for number in range(40):
        Image.new("HSV", (320, 240), (number * 6, 130, 220)).convert("RGB").save(folder / f"{number:02d}.jpg")
    return folder


def _largest_paint_ms(browser: Browser, address: str, path: str) -> float:
    """In a context of its own: nothing is cached."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(address + path, wait_until="networkidle")
    largest: float = page.evaluate(_LARGEST)
    page.close()
    return largest


def _answer_ms(url: str) -> float:
    start = perf_counter()
    httpx2.get(url).raise_for_status()
    return (perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
