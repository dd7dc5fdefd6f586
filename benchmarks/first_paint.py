"""How long a first visit waits for its largest paint, as fast as it can be and at 50 kB/s: one run, printed.

`make bench-page`, or python -m benchmarks.first_paint
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
SLOW_BYTES = 50_000  # a second: a phone at the edge of its network
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
                slow = _largest_paint_ms(browser, address, path, SLOW_BYTES)
                print(
                    f"{path}: largest paint after {paint:.0f} ms, {paint / AIM_MS:.2f} of the aim, "
                    f"{paint / answer:.0f} times the server's answer; after {slow:.0f} ms at 50 kB/s"
                )
        browser.close()


def _pictures(folder: Path) -> Path:
    for number in range(40):
        Image.new("HSV", (320, 240), (number * 6, 130, 220)).convert("RGB").save(folder / f"{number:02d}.jpg")
    return folder


def _largest_paint_ms(browser: Browser, address: str, path: str, bytes_a_second: int = -1) -> float:
    """In a context of its own: nothing is cached."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    network = page.context.new_cdp_session(page)
    speed = {"downloadThroughput": bytes_a_second, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", {"offline": False, "latency": 0, **speed})
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
