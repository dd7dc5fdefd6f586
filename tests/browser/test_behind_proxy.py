"""The pages below a path of a real proxy with TLS, in a real browser: nothing leads out of it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Response

from tests.aggregate_service.conftest import new_world, save_picture
from tests.browser.conftest import PATIENCE_MS, ready
from tests.browser.proxies import COMMANDS, PREFIX, is_here, proxied
from tests.security.services import site
from tests.waiting import wait_until

PASSWORD = "a password for this test"
pytestmark = pytest.mark.browser


@pytest.fixture(params=COMMANDS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The whole service with a password, behind each proxy in turn."""
    if not is_here(request.param):
        pytest.skip(f"no {request.param}: install Debian's package of that name to run this")
    world = new_world(tmp_path / "world")
    with ThreadPoolExecutor() as elsewhere:  # Playwright's event loop has this thread
        elsewhere.submit(world.index, label="Colours", notice="").result()
    settings = type(world.settings)(
        **world.settings.model_dump() | {"access_password": PASSWORD}, _env_file=None
    )
    with site("aggregate", replace(world, settings=settings).make_app()) as service:
        folder = tmp_path / "proxy"
        folder.mkdir(mode=0o777)
        with proxied(request.param, service.port, folder) as address:
            yield address


@pytest.fixture
def answers() -> list[Response]:
    """What the browser got, all of it."""
    return []


@pytest.fixture
def page(browser: Browser, answers: list[Response]) -> Iterator[Page]:
    context = browser.new_context(ignore_https_errors=True, locale="en")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.on("response", lambda response: answers.append(response))
    yield page
    context.close()


def addresses(page: Page) -> set[str]:
    """All that the page links to, sends to or loads."""
    found: list[str] = page.evaluate(
        "() => [...document.querySelectorAll('[href],[src],[action],[data-file]')].map((element) =>"
        " element.getAttribute('href') ?? element.getAttribute('src') ?? element.getAttribute('action')"
        " ?? element.dataset.file)"
    )
    return set(found)


def test_everything_stays_below_the_path(
    page: Page, address: str, answers: list[Response], tmp_path: Path
) -> None:
    seen: set[str] = set()

    def visit() -> None:
        ready(page)
        seen.update(addresses(page))

    page.goto(f"{address}/images")
    assert page.url == f"{address}/sign-in?back=/images"
    seen.update(addresses(page))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{address}/images")
    visit()
    (cookie,) = page.context.cookies()
    assert (cookie["path"], cookie["secure"], cookie["httpOnly"]) == (f"{PREFIX}/", True, True)

    page.get_by_role("link", name="Search", exact=True).click()
    visit()
    page.get_by_role("searchbox").or_(page.locator("input[name=text]")).first.fill("red")
    page.keyboard.press("Enter")
    page.locator(".rows li").first.wait_for()
    visit()
    page.goto(f"{address}/images/3")
    visit()
    page.get_by_role("button", name="Delete").click()
    page.wait_for_url(f"{address}/images*")
    visit()
    page.locator("button", has_text="Deutsch").click()
    page.wait_for_url(f"{address}/images*")
    visit()
    assert page.locator("html").get_attribute("lang") == "de"

    page.locator("details.tool-box summary").first.click()
    new = save_picture(tmp_path / "new.png", "pink")
    page.locator("form.adding input[type=file]").first.set_input_files(new)
    page.locator("form.adding button[type=submit]").click()
    page.locator(".activity > summary").click()
    page.locator(".activity li a").click()
    page.wait_for_url(f"{address}/jobs/*")
    visit()
    wait_until(lambda: page.locator("[data-state=done]").count(), "the job to end on its page")
    for path in ("/jobs", "/status", "/keys", "/docs"):
        page.goto(f"{address}{path}")
        seen.update(addresses(page))
    page.goto(f"{address}/nothing-here")
    visit()

    stray = {each for each in seen if each.startswith("/") and not each.startswith(f"{PREFIX}/")}
    assert not stray
    outside = {answer.url for answer in answers if not urlsplit(answer.url).path.startswith(f"{PREFIX}/")}
    assert {url for url in outside if not url.startswith(("data:", "blob:"))} <= {
        url for url in outside if url.endswith("/favicon.ico")
    }
    wrong = {answer.url for answer in answers if answer.status >= 400}
    assert wrong <= {f"{address}/nothing-here", *(url for url in outside if url.endswith("/favicon.ico"))}
