"""One Chromium and one served page for the browser tests, which are skipped where there is no Chromium."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

import pytest
import uvicorn
from fastapi import FastAPI
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

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
    """Twelve small pictures of different colours, some upright."""
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(12):
        size = (240, 320) if number % 3 else (320, 240)
        Image.new("HSV", size, (number * 21, 130, 220)).convert("RGB").save(folder / f"{number:02d}.jpg")
    return folder


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


@pytest.fixture(scope="package")
def address(pictures: Path) -> Iterator[str]:
    yield from serve(create_stand_in(pictures))


@pytest.fixture(scope="package")
def address_of_down(pictures: Path) -> Iterator[str]:
    yield from serve(create_stand_in(pictures, DOWN))


@dataclass
class Visit:
    """A page being watched: what its console complained of, and which hosts it asked."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def watch(self) -> None:
        def complain(kind: str, words: str) -> None:
            if kind in ("error", "warning"):
                self.complaints.append(words)

        self.page.on("console", lambda message: complain(message.type, message.text))
        self.page.on("pageerror", lambda error: complain("error", str(error)))
        self.page.on("dialog", lambda dialog: complain("error", f"dialog: {dialog.message}"))
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))


Opener = Callable[..., Visit]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Opener]:
    """Opens a page in a context of its own: `open_page(address, scripted=…, width=…, dark=…)`.

    At the end no page may have complained, or have asked another host than its own.
    """
    visits: list[tuple[Visit, BrowserContext, str]] = []

    def opened(address: str, *, scripted: bool = True, width: int = 1280, dark: bool = False) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            java_script_enabled=scripted,
            color_scheme="dark" if dark else "light",
        )
        context.set_default_timeout(10_000)
        visit = Visit(context.new_page())
        visit.watch()
        visits.append((visit, context, urlsplit(address).netloc))
        visit.page.goto(address)
        return visit

    yield opened
    for visit, context, host in visits:
        context.close()
        assert visit.complaints == []
        assert visit.hosts - {""} == {host}  # data: and blob: addresses have no host
