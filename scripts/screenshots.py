"""Take the README's screenshot: the real services over the sample gallery, in Chromium without JavaScript.

`python -m scripts.screenshots` (needs /usr/bin/chromium; the pictures shown are all drawn by this project).
"""

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from aggregate_service.sample_gallery import draw_sample_gallery
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.system.test_make_run import launched

TARGET = Path(__file__).parent.parent / "docs" / "screenshots"
ASKED = ("sunset-02.jpg", "cat-04.jpg", "balloon-03.jpg")


def main() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        drawn = Path(scratch, "drawn")
        draw_sample_gallery(drawn)
        with launched(Path(scratch)) as services:
            services.wait_for("Ctrl-C stops it")
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            page = browser.new_page(viewport={"width": 1280, "height": 900}, java_script_enabled=False)
            page.goto(f"http://127.0.0.1:{services.port}")
            page.set_input_files("input[type=file]", [drawn / name for name in ASKED])
            page.locator("form[method=post] button[type=submit]").click()
            page.wait_for_load_state("networkidle")
            page.screenshot(path=TARGET / "results.png", full_page=True)
            browser.close()


if __name__ == "__main__":
    main()
