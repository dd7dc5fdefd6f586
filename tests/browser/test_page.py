"""The search page as people use it: in Chromium, with JavaScript on and off."""

from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, Route

from tests.browser.conftest import Opener, ready, until
from tests.browser.fake_world import World
from tests.waiting import wait_until

pytestmark = pytest.mark.browser
HOSTILE = '"><img src=x onerror=alert(1)>.jpg'
REFUSED = ("Failed to load resource: the server responded with a status of 4", "status of 503")
BRING = """async ({ event, link }) => {
    const transfer = new DataTransfer();
    if (link) {
        transfer.setData("text/uri-list", link);
    } else {
        const canvas = document.createElement("canvas");
        const blob = await new Promise((resolve) => canvas.toBlob(resolve));
        transfer.items.add(new File([blob], "drawn.png", { type: "image/png" }));
    }
    document.body.dispatchEvent(event === "drop"
        ? new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true })
        : new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true }));
}"""
either = pytest.mark.parametrize("scripted", [True, False], ids=["with JavaScript", "without JavaScript"])


def uploads(pictures: Path, many: int) -> list[str]:
    return [str(path) for path in sorted(pictures.iterdir())[:many]]


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def search(page: Page, files: list[str] | list[FilePayload]) -> None:
    """Choose photos and wait until each has its answer: with scripts, the search begins by itself."""
    scripted = page.locator("html[data-ready]").count()  # asked before the page gives way to the next one
    page.locator("#files").set_input_files(files)
    if not scripted:
        page.get_by_role("button", name="Search", exact=True).click()
    page.locator("#results").wait_for()
    until(page, "!document.querySelector('article[aria-busy]')")


def test_nothing_at_all_is_asked_for(open_page: Opener, address: str) -> None:
    page = open_page(address).page
    page.get_by_role("button", name="Search", exact=True).click()
    assert page.locator("#announcer").inner_text() == "Type what you are looking for, or choose a photo."
    assert page.evaluate("document.activeElement.id") == "text"


def test_the_camera_is_offered_where_there_is_one(open_page: Opener, address: str) -> None:
    page = open_page(address).page
    assert page.locator("#camera").get_attribute("capture") == "environment"
    assert page.locator(".pick.camera").is_hidden()  # this one has a mouse


@either
def test_a_service_that_is_down_is_named(open_page: Opener, address_of_down: str, scripted: bool) -> None:
    page = open_page(address_of_down, scripted=scripted).page
    assert "The embedding service at 127.0.0.1:8002" in page.get_by_role("alert").inner_text()
    assert page.get_by_role("link", name="Try again").is_visible()
    page.get_by_role("link", name="See what is wrong").click()
    assert "There is a problem" in page.locator(".verdict").inner_text()


@either
def test_the_language_can_be_chosen(open_page: Opener, address: str, scripted: bool) -> None:
    page = open_page(f"{address}/images?cursor=30", scripted=scripted).page
    page.get_by_role("button", name="Deutsch").click()
    page.wait_for_url("**/images?cursor=30")
    assert page.locator("h1").inner_text() == "Bilder"
    page.goto(address)
    assert page.locator("h1").inner_text() == "Ein Bild finden"


def test_only_our_own_scripts_and_styles_run(open_page: Opener, address: str) -> None:
    """Were markup ever let through, the policy would still keep it from doing anything."""
    page = open_page(address, expected=("Content Security Policy", "Content-Security-Policy")).page
    done = page.evaluate(
        """() => {
            const box = document.createElement("div");
            box.innerHTML = '<img src="data:," onerror="window.ran = true"><b style="color: red">x</b>';
            document.body.append(box);
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
            return [window.ran ?? false, getComputedStyle(box.querySelector("b")).color];
        }"""
    )
    assert done[0] is False
    assert done[1] != "rgb(255, 0, 0)"


@either
def test_each_photo_is_shown_with_what_is_like_it(
    open_page: Opener, address: str, pictures: Path, tmp_path: Path, world: World, scripted: bool
) -> None:
    """Three good ones and a broken one; the server makes one page, and no page for each photo."""
    broken = tmp_path / "broken.jpg"
    broken.write_text("not a picture")
    page = open_page(address, scripted=scripted, expected=REFUSED).page
    search(page, [*uploads(pictures, 3), str(broken)])
    answers = page.locator("article")
    assert answers.count() == 4
    for number in range(3):
        answer = answers.nth(number)
        assert answer.get_by_role("heading", level=2).inner_text() == f"{number:02d}.jpg"
        assert (
            answer.get_by_label(f"Your photo {number:02d}.jpg")
            .or_(answer.get_by_alt_text(f"Your photo {number:02d}.jpg"))
            .is_visible()
        )
        assert answer.get_by_role("heading", name="Best matches").is_visible()
        assert answer.locator(".rows > li").count() >= 5
    assert "broken.jpg can’t be read" in page.locator(".failed").inner_text()
    assert "0.998" not in page.locator("#results").inner_text()
    page.locator(".technical > summary").click()
    assert "You are searching the sample gallery" in page.locator(".provenance").inner_text()
    assert "0.998" in page.locator(".rows").first.inner_text()
    assert world.pages == (0 if scripted else 1)


def test_a_search_by_photo_survives_back_forward_and_reload(
    open_page: Opener, address: str, pictures: Path, world: World
) -> None:
    page = open_page(address).page
    search(page, uploads(pictures, 1))
    asked = page.url
    assert "/?photo=" in asked
    assert page.title() == "00.jpg · Image search"
    assert page.locator(".part bdi").inner_text() == "00.jpg"
    page.locator(".rows a.open").nth(1).click()
    page.wait_for_url("**#picture-1")
    page.go_back()  # the viewer closes, the results stay
    assert page.url == asked
    assert page.locator("dialog").is_hidden()
    assert page.locator(".rows > li").count() >= 30
    page.go_forward()
    page.locator("dialog[open]").wait_for()
    assert page.locator("#viewer-name").inner_text() == "01.jpg"
    page.reload()
    page.locator("dialog[open]").wait_for()
    assert page.locator("#viewer-name").inner_text() == "01.jpg"
    page.goto(f"{address}/search?text=snow")
    page.go_back()
    page.go_back()
    page.locator(".rows > li").nth(29).wait_for()
    page.get_by_role("searchbox").fill("in the snow")
    page.keyboard.press("Enter")
    page.wait_for_url("**&text=in+the+snow*")
    page.locator(".rows > li").nth(29).wait_for()
    assert world.asked[-1] == {"text": "in the snow", "box": "", "files": ["00.jpg"]}
    assert page.locator(".part bdi").all_inner_texts() == ["00.jpg", "in the snow"]
    page.get_by_role("link", name="Remove in the snow").click()
    page.wait_for_url(asked)
    page.goto(f"{address}/?photo=unknown")
    page.get_by_text("This photo isn’t in this browser any more").wait_for()


def test_several_photos_are_put_together_and_taken_apart(
    open_page: Opener, address: str, pictures: Path, world: World
) -> None:
    page = open_page(address).page
    page.locator(".options > summary").click()
    page.get_by_label("Several pictures").select_option("average")
    search(page, uploads(pictures, 2))
    assert page.locator("article").count() == 1
    until(page, "document.querySelectorAll('.part image[href]').length === 2")
    assert page.locator(".part bdi").all_inner_texts() == ["00.jpg", "01.jpg"]
    page.get_by_role("link", name="Remove Your photo").first.click()
    page.locator(".rows > li").nth(29).wait_for()
    assert world.asked[-1]["files"] == ["01.jpg"]
    page.locator(".options > summary").click()
    page.get_by_label("Several pictures").select_option("each")
    page.locator("#files").set_input_files(uploads(pictures, 3)[2:])  # one more, each by itself
    page.locator("article").nth(1).wait_for()
    assert page.locator("article h2").all_inner_texts() == ["01.jpg", "02.jpg"]
    page.get_by_role("link", name="See all").last.click()
    page.wait_for_url("**/?photo=*")
    page.locator(".rows > li").nth(29).wait_for()
    assert page.locator(".part bdi").inner_text() == "02.jpg"


@pytest.mark.parametrize("event", ["drop", "paste"])
def test_pictures_can_be_dropped_and_pasted(open_page: Opener, address: str, event: str) -> None:
    page = open_page(address).page
    page.evaluate(BRING, {"event": event})
    page.wait_for_url("**/?photo=*")
    page.get_by_label("Your photo drawn.png").wait_for()


def test_a_dropped_link_is_searched_by(open_page: Opener, address: str) -> None:
    page = open_page(address).page
    page.evaluate(BRING, {"event": "drop", "link": "https://pictures.example/a.jpg"})
    page.wait_for_url("**/search?url=https%3A%2F%2Fpictures.example%2Fa.jpg")
    ready(page)
    page.evaluate(BRING, {"event": "drop", "link": f"{address}/images/7/thumbnail"})
    page.wait_for_url("**/search?id=7")


def test_what_fails_for_a_while_goes_on(
    open_page: Opener, address: str, pictures: Path, world: World
) -> None:
    """A busy server is asked again; a service that is down can be tried again; offline, the search waits."""
    world.refusals = 1
    page = open_page(address, expected=(*REFUSED, "ERR_INTERNET_DISCONNECTED")).page
    search(page, uploads(pictures, 1))
    assert page.locator(".rows > li").count() >= 30
    world.down = True
    page.reload()
    page.get_by_text("The search service can’t be reached.").wait_for()
    world.down = False
    page.get_by_role("button", name="Try again").click()
    page.locator(".rows > li").nth(29).wait_for()
    page.context.set_offline(True)
    page.locator(".offline").wait_for()
    page.get_by_role("searchbox").fill("a bus")
    page.keyboard.press("Enter")
    assert "goes on when the connection is back" in page.locator("#announcer").inner_text()
    page.context.set_offline(False)
    page.wait_for_url("**text=a+bus*")


@either
def test_words_have_an_address_and_a_limit(open_page: Opener, address: str, scripted: bool) -> None:
    page = open_page(address, scripted=scripted).page
    if scripted:
        assert page.evaluate("document.activeElement.id") == "text"
        page.get_by_role("searchbox").fill("a" * 2_001)
        assert "2,000 characters" in page.evaluate("document.querySelector('#text').validationMessage")
    page.get_by_role("searchbox").fill("a red bus")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?*text=a+red+bus*")
    assert page.get_by_role("searchbox").input_value() == "a red bus"
    page.reload()
    assert page.get_by_role("heading", level=1).inner_text() == "Pictures like a red bus"
    if scripted:
        ready(page)
        page.locator("#results").focus()
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "text"


@either
def test_a_question_is_refined_step_by_step(open_page: Opener, address: str, scripted: bool) -> None:
    page = open_page(f"{address}/search?text=a+beach", scripted=scripted).page
    page.locator(".by-it").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?id=0")
    # Nobody needs to be told that a picture looks like itself.
    assert page.locator(".rows a.open").first.get_attribute("data-id") == "1"
    page.locator(".refining > summary").click()
    page.get_by_placeholder("Less of …").fill("night")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?id=0&text=night%5E-0.5")
    assert page.locator(".part.less").inner_text().split() == ["without", "night", "Remove", "night"]
    page.locator(".refining > summary").click()
    page.get_by_role("link", name="Hide near-duplicates").click()
    page.wait_for_url("**collapse=true")
    page.get_by_role("link", name="Remove night").click()
    page.wait_for_url("**/search?id=0&collapse=true")
    page.go_back()
    assert page.locator(".part").count() == 2


@either
def test_more_results_come_where_one_is(open_page: Opener, address: str, scripted: bool) -> None:
    page = open_page(f"{address}/search?text=a+bus", scripted=scripted).page
    if not scripted:
        assert page.locator(".rows > li").count() == 30
        page.get_by_role("link", name="Show more").click()
        page.wait_for_url("**offset=30")
        assert page.locator(".rows > li").count() == 10
        page.get_by_role("link", name="Better matches").click()
        page.wait_for_url("**/search?text=a+bus")
        return
    page.locator(".rows > li").nth(39).wait_for()
    assert page.locator(".group").count() == 2
    assert page.url.endswith("/search?text=a+bus")


def test_showing_more_keeps_the_place_and_the_focus(open_page: Opener, address: str) -> None:
    page = open_page(f"{address}/status").page
    held: list[Route] = []
    page.route("**/search?*offset=30*", lambda route: held.append(route))
    page.goto(f"{address}/search?text=a+bus")
    wait_until(lambda: page.title() and held, "the next results to be asked for")
    more = page.get_by_role("link", name="Show more")
    more.focus()
    place = page.evaluate("scrollY")
    held[0].continue_()
    page.locator(".rows > li").nth(39).wait_for()
    assert page.evaluate("document.activeElement.dataset.id") == "30"
    assert page.evaluate("scrollY") == place


@either
def test_what_finds_nothing_shows_a_way_out(open_page: Opener, address: str, scripted: bool) -> None:
    page = open_page(f"{address}/search?text=a+unicorn", scripted=scripted).page
    assert "No good match for “a unicorn”." in page.locator(".nothing").inner_text()
    assert page.get_by_role("heading", level=2).all_inner_texts() == ["Less likely"]
    page.goto(f"{address}/search?text=a+bus&label=nothing")
    assert "Label: nothing" in page.locator(".part.filter").inner_text()
    page.get_by_role("link", name="Search all pictures").click()
    page.wait_for_url("**/search?text=a+bus")
    assert page.locator(".rows > li").count() >= 30


@pytest.mark.parametrize("width", [320, 768, 1024, 1920, 3840])
def test_pictures_come_first_and_nothing_is_in_the_way(
    open_page: Opener, address: str, pictures: Path, width: int
) -> None:
    page = open_page(address, width=width, dark=True, language="de").page
    assert_fits(page, width)
    page.locator(".options > summary").click()
    assert_fits(page, width)
    body = (pictures / "00.jpg").read_bytes()
    long = FilePayload(name="a" * 180 + ".jpg", mimeType="image/jpeg", buffer=body)
    search(page, [long])
    assert_fits(page, width)
    for path in (
        "/search?id=1&text=" + "a" * 200,
        "/images",
        "/jobs",
        "/status",
        "/images/3",
        "/search?text=bus",
    ):
        page.goto(address + path)
        assert_fits(page, width)
    first = page.locator(".rows img").first.bounding_box()
    assert first is not None
    assert first["y"] <= 250


def test_nothing_moves_while_one_scrolls(open_page: Opener, address: str) -> None:
    page = open_page(f"{address}/images", width=390).page
    page.evaluate(
        """() => {
            window.moved = 0;
            const add = (list) => list.getEntries().forEach((entry) => (window.moved += entry.value));
            new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
        }"""
    )
    wait_until(lambda: jumped(page) == 40, "all 40 pictures to be shown")
    until(page, "[...document.images].every((image) => image.complete || image.loading === 'lazy')")
    assert page.evaluate("window.moved") < 0.05


def jumped(page: Page) -> int:
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    return page.locator(".pictures > li").count()


@either
def test_a_hostile_file_name_is_only_text(
    open_page: Opener, address: str, pictures: Path, scripted: bool
) -> None:
    body = (pictures / "00.jpg").read_bytes()
    page = open_page(address, scripted=scripted).page
    search(page, [FilePayload(name=HOSTILE, mimeType="image/jpeg", buffer=body)])
    assert page.locator("img[src=x]").count() == 0
    assert "onerror" in (page.locator(".part bdi") if scripted else page.locator("h1")).inner_text()


@pytest.mark.parametrize("calm", [True, False], ids=["reduced motion", "any motion"])
def test_nothing_moves_for_those_who_asked_for_that(
    open_page: Opener, address: str, pictures: Path, calm: bool
) -> None:
    page = open_page(address, calm=calm).page
    page.route(f"{address}/", lambda route: None)  # no answer: there is time to look at what moves
    page.locator("#files").set_input_files(uploads(pictures, 1))
    page.locator(".ghost .shape").first.wait_for()
    if calm:
        assert page.evaluate("document.getAnimations().length") == 0
    else:
        until(page, "document.getAnimations().length > 0")


def assert_fits(page: Page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width
