"""Draw the app's icons for phones from `frontend/static/favicon.svg`: `python -m scripts.icons`."""

from playwright.sync_api import Browser, sync_playwright

from frontend import STATIC
from tests.browser.conftest import ARGUMENTS, CHROMIUM

GROUND = "#f6f6f3"
WITHIN_MASK = 0.62
"""How much of a maskable icon the drawing takes up: whatever shape it is cut to, all of it stays."""


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for side in (192, 512):
            draw(browser, f"icon-{side}.png", side)
        draw(browser, "icon-maskable.png", 512, WITHIN_MASK, GROUND)
        browser.close()


def draw(browser: Browser, name: str, side: int, part: float = 1.0, ground: str = "transparent") -> None:
    page = browser.new_page(viewport={"width": side, "height": side})
    drawing = (STATIC / "favicon.svg").read_text("utf-8")
    style = f"body {{ margin: 0; height: 100vh; display: grid; place-items: center; background: {ground} }}"
    page.set_content(f"<style>{style} svg {{ width: {part:%} }}</style>{drawing}")
    page.screenshot(path=STATIC / name, omit_background=ground == "transparent")
    page.close()


if __name__ == "__main__":
    main()
