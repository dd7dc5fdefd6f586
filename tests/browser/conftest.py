"""One Chromium and one served page for the browser tests, which are skipped where there is no Chromium."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from fastapi import FastAPI
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.browser.fake_world import World
from tests.browser.stand_in import DOWN, EMPTY, create_stand_in
from tests.waiting import wait_until

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
WORKERS_OFF = "Service Worker registration blocked by Playwright"  # what its stand-in for them says
PATIENCE_MS = 120_000  # a busy machine is slow, not broken


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"no {CHROMIUM}: install Debian's chromium to run the browser tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, timeout=PATIENCE_MS)
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
def serve(app: ASGIApp) -> Iterator[str]:
    """The app on a free port, in a thread; gives its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started or not thread.is_alive(), "the server to start")
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    yield f"http://{host}:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def stand_in(pictures: Path) -> FastAPI:
    return create_stand_in(pictures)


@pytest.fixture
def world(stand_in: FastAPI) -> World:
    """What the served pages are about; a test may change it."""
    world: World = stand_in.state.world
    return world


class Stage:
    """One server for all tests; behind it, the app of the test that runs."""

    def __init__(self) -> None:
        self.address = ""
        self._app: ASGIApp = FastAPI()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def show(self, app: ASGIApp) -> str:
        """The address where the app answers from now on."""
        self._app = app
        return self.address


@pytest.fixture(scope="package")
def stage() -> Iterator[Stage]:
    stage = Stage()
    with serve(stage) as stage.address:
        yield stage


@pytest.fixture
def address(stage: Stage, stand_in: FastAPI) -> str:
    return stage.show(stand_in)


@pytest.fixture
def address_of_down(stage: Stage, pictures: Path) -> str:
    return stage.show(create_stand_in(pictures, DOWN))


@pytest.fixture
def address_of_empty(stage: Stage, tmp_path: Path) -> str:
    return stage.show(create_stand_in(tmp_path, EMPTY))


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
            known = any(part in words for part in (*self.expected, WORKERS_OFF))
            if kind in ("error", "warning") and not known:
                self.complaints.append(words)

        self.page.on("console", lambda message: complain(message.type, message.text))
        self.page.on("pageerror", lambda error: complain("error", str(error)))
        self.page.on("dialog", lambda dialog: complain("error", f"dialog: {dialog.message}"))
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))


Opener = Callable[..., Visit]


def until(page: Page, script: str) -> None:
    """Wait for a script to be true. Playwright's own waiting evaluates strings, which the page forbids."""
    wait_until(lambda: page.evaluate(script), script)


def ready(page: Page) -> None:
    """Wait for the modules: until then the page works as without JavaScript."""
    page.locator("html[data-ready]").wait_for()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Opener]:
    """Opens a page in a context of its own: `open_page(address, scripted=…, width=…, dark=…)`.

    Its service worker is there for tests with `workers`: what it asks for, others couldn't hold back.

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
        touch: bool = False,
        workers: bool = False,
        expected: tuple[str, ...] = (),
    ) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            java_script_enabled=scripted,
            color_scheme="dark" if dark else "light",
            locale=language,
            has_touch=touch,
            is_mobile=touch,
            reduced_motion="reduce" if calm else "no-preference",
            service_workers="allow" if workers else "block",
        )
        context.set_default_timeout(PATIENCE_MS)
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
