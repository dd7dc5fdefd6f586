"""One Chromium and one served page for the browser tests, which are skipped where there is no Chromium."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

import pytest
import uvicorn
from fastapi import FastAPI
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.fake_world import World
from tests.browser.stand_in import DOWN, create_stand_in

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"no {CHROMIUM}: install Debian's chromium to run the browser tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty small pictures of different colours, some upright."""
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(40):
        size = (240, 320) if number % 3 else (320, 240)
        Image.new("HSV", size, (number * 6, 130, 220)).convert("RGB").save(folder / f"{number:02d}.jpg")
    return folder


@contextmanager
def serve(app: FastAPI) -> Iterator[str]:
    """The app on a free port, in a thread; gives its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = monotonic() + 10
    while not server.started and thread.is_alive() and monotonic() < deadline:
        sleep(0.02)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    yield f"http://{host}:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def stand_in(pictures: Path) -> FastAPI:
    return create_stand_in(pictures)


@pytest.fixture
def world(stand_in: FastAPI) -> World:
    """What the served pages are about; a test may change it."""
    world: World = stand_in.state.world
    return world


@pytest.fixture
def servers() -> Iterator[ExitStack]:
    """Stopped after the pages are closed, which still load from them."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def address(servers: ExitStack, stand_in: FastAPI) -> str:
    return servers.enter_context(serve(stand_in))


@pytest.fixture
def address_of_down(servers: ExitStack, pictures: Path) -> str:
    return servers.enter_context(serve(create_stand_in(pictures, DOWN)))


@dataclass
class Visit:
    """A page being watched: what its console complained of, and which hosts it asked."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    expected: tuple[str, ...] = ()
    """What a test provokes, so that the console may say it."""

    def watch(self) -> None:
        def complain(kind: str, words: str) -> None:
            known = any(part in words for part in self.expected)
            if kind in ("error", "warning") and not known:
                self.complaints.append(words)

        self.page.on("console", lambda message: complain(message.type, message.text))
        self.page.on("pageerror", lambda error: complain("error", str(error)))
        self.page.on("dialog", lambda dialog: complain("error", f"dialog: {dialog.message}"))
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))


Opener = Callable[..., Visit]


def until(page: Page, script: str, seconds: float = 10) -> None:
    """Wait for a script to be true. Playwright's own waiting evaluates strings, which the page forbids."""
    deadline = monotonic() + seconds
    while not page.evaluate(script):
        assert monotonic() < deadline, script
        page.wait_for_timeout(30)


def ready(page: Page) -> None:
    """Wait for the modules: until then the page works as without JavaScript."""
    page.locator("html[data-ready]").wait_for()


@pytest.fixture
def open_page(browser: Browser, servers: ExitStack) -> Iterator[Opener]:
    """Opens a page in a context of its own: `open_page(address, scripted=…, width=…, dark=…)`.

    At the end no page may have complained, or have asked another host than its own.
    """
    visits: list[tuple[Visit, BrowserContext, str]] = []

    def opened(
        address: str,
        *,
        scripted: bool = True,
        width: int = 1280,
        dark: bool = False,
        language: str = "en",
        calm: bool = True,
        expected: tuple[str, ...] = (),
    ) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            java_script_enabled=scripted,
            color_scheme="dark" if dark else "light",
            locale=language,
            reduced_motion="reduce" if calm else "no-preference",
        )
        context.set_default_timeout(10_000)
        visit = Visit(context.new_page(), expected=expected)
        visit.watch()
        visits.append((visit, context, urlsplit(address).netloc))
        visit.page.goto(address)
        if scripted and "/static/" not in address:
            ready(visit.page)
        return visit

    yield opened
    for visit, context, host in visits:
        context.close()
        assert visit.complaints == []
        assert visit.hosts - {""} == {host}  # data: and blob: addresses have no host
