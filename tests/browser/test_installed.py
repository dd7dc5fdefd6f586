"""The page as an app on a phone: its manifest, its service worker, no connection, and what others share."""

import gzip
import json
import re
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from PIL import Image
from playwright.sync_api import Page
from starlette.types import Message, Receive, Scope, Send

from aggregate_service.web.page.messages import messages
from frontend import shell, static_version
from service_kit.prefix import UnderPrefix
from tests.browser.conftest import Opener, Stage, ready, until
from tests.browser.fake_world import World

pytestmark = pytest.mark.browser
NEXT_VERSION = "0123456789"
CACHED = """async () => {
    const found = [];
    for (const name of await caches.keys()) {
        const kept = await (await caches.open(name)).keys();
        found.push(...kept.map((request) => new URL(request.url).pathname));
    }
    return found;
}"""
SHARE = """({ fields, photo }) => {
    const add = (to, kind, facts) => to.appendChild(Object.assign(document.createElement(kind), facts));
    const form = add(document.body, "form", { method: "post", action: "/share" });
    form.enctype = "multipart/form-data";
    for (const [name, value] of Object.entries(fields)) add(form, "input", { name, value });
    if (photo) {
        const chosen = new DataTransfer();
        const bytes = Uint8Array.from(atob(photo), (letter) => letter.charCodeAt(0));
        chosen.items.add(new File([bytes], "shared.jpg", { type: "image/jpeg" }));
        add(form, "input", { type: "file", name: "files" }).files = chosen.files;
    }
    form.submit();
}"""


def installed(page: Page) -> None:
    """Wait for the service worker, and for the page's own files to be kept."""
    until(page, "navigator.serviceWorker.ready.then((found) => found.active?.state === 'activated')")


@pytest.mark.parametrize("language", ["en", "de"])
def test_it_can_be_installed(open_page: Opener, address: str, language: str) -> None:
    page = open_page(address, language=language, workers=True).page
    installed(page)
    browser = page.context.new_cdp_session(page)
    found = browser.send("Page.getAppManifest")
    assert found["errors"] == []
    manifest: dict[str, Any] = json.loads(found["data"])
    assert manifest["name"] == messages(language)("product")
    assert {"display", "start_url", "share_target"} <= manifest.keys()
    for icon in manifest["icons"][1:]:
        body = page.request.get(f"{address}/{icon['src']}").body()
        assert "{}x{}".format(*Image.open(BytesIO(body)).size) == icon["sizes"]
    errors = browser.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert {error["errorId"] for error in errors} <= {"in-incognito"}
    colours = page.locator("meta[name=theme-color]")
    assert [each.get_attribute("content") for each in colours.all()] == ["#f6f6f3", "#111312"]


@pytest.mark.parametrize(("language", "prefix"), [("en", ""), ("de", "/photos")])
def test_without_a_connection_a_page_says_so_and_goes_on_by_itself(
    open_page: Opener, stage: Stage, stand_in: FastAPI, language: str, prefix: str
) -> None:
    address = stage.show(Below(prefix, stand_in)) + prefix
    page = open_page(
        f"{address}/", language=language, workers=True, expected=("ERR_INTERNET_DISCONNECTED",)
    ).page
    installed(page)
    page.context.set_offline(True)
    page.goto(f"{address}/search?text=a+bus")
    ready(page)
    assert page.locator("h1").inner_text() == messages(language)("offline.title")
    assert page.url == f"{address}/search?text=a+bus"
    page.context.set_offline(False)
    page.locator(".rows > li").nth(29).wait_for()


class Below:
    """The service below a path, as behind a proxy; nothing else of the host is its own."""

    def __init__(self, prefix: str, app: FastAPI) -> None:
        self._prefix, self._app = prefix, UnderPrefix(app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] != "/favicon.ico":  # which a browser asks for by itself
            assert scope["path"].startswith(f"{self._prefix}/")
            path = scope["path"].removeprefix(self._prefix)
            plain = [header for header in scope["headers"] if header[0] != b"accept-encoding"]
            scope = {**scope, "path": path, "prefix": self._prefix, "headers": plain}
        await self._app(scope, receive, send)


def test_only_its_own_files_are_kept(open_page: Opener, address: str) -> None:
    page = open_page(f"{address}/images", workers=True).page
    installed(page)
    for path in ("/images", "/search?text=a+bus", "/images/3"):
        page.goto(address + path)
        ready(page)
    own = {f"/static/{static_version()}/{name}" for name in shell()}
    assert set(page.evaluate(CACHED)) == own | {"/offline"}
    sent = [len(gzip.compress(page.request.get(address + each).body())) for each in own]
    assert sum(sent) < 60_000


def test_a_new_version_takes_over(open_page: Opener, stage: Stage, stand_in: FastAPI) -> None:
    address = stage.show(stand_in)
    page = open_page(address, workers=True).page
    installed(page)
    stage.show(Later(stand_in))
    page.goto(f"{address}/status")
    until(page, f"({CACHED})().then((all) => all.some((each) => each.startsWith('/static/{NEXT_VERSION}/')))")
    until(page, f"({CACHED})().then((all) => !all.some((each) => each.includes('{static_version()}')))")


class Later:
    """The service after an update: its worker and its static files have another version."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def renamed(message: Message) -> None:
            if message["type"] == "http.response.body":
                message["body"] = re.sub(static_version().encode(), NEXT_VERSION.encode(), message["body"])
            await send(message)

        is_worker = scope["type"] == "http" and scope["path"] == "/service-worker.js"
        await self._app(scope, receive, renamed if is_worker else send)


def test_a_shared_photo_is_searched_with(
    open_page: Opener, address: str, pictures: Path, world: World
) -> None:
    page = open_page(address, workers=True).page
    installed(page)
    page.evaluate(SHARE, {"fields": {"text": "Look!"}, "photo": encoded(pictures / "03.jpg")})
    page.wait_for_url("**/?photo=*")
    page.locator(".rows > li").nth(29).wait_for()
    assert world.asked[-1]["files"] == ["shared.jpg"]
    assert page.locator(".part bdi").inner_text() == "shared.jpg"
    assert page.evaluate("caches.match('/share')") is None


@pytest.mark.parametrize(
    ("fields", "leads_to"),
    [
        (
            {"text": "A bus https://pictures.example/bus.jpg"},
            "/search?url=https%3A%2F%2Fpictures.example%2Fbus.jpg",
        ),
        ({"title": "A red bus"}, "/search?text=A+red+bus"),
    ],
)
def test_shared_words_and_links_are_searched_with(
    open_page: Opener, address: str, fields: dict[str, str], leads_to: str
) -> None:
    page = open_page(address, workers=True).page
    installed(page)
    page.evaluate(SHARE, {"fields": fields, "photo": ""})
    page.wait_for_url(address + leads_to)


def encoded(path: Path) -> str:
    return b64encode(path.read_bytes()).decode()
