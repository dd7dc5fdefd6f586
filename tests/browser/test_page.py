"""The search page as people use it: in Chromium, with JavaScript on and off."""

from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page

from tests.browser.conftest import Opener, ready, until
from tests.browser.fake_world import World

pytestmark = pytest.mark.browser
HOSTILE = '"><img src=x onerror=alert(1)>.jpg'
REFUSED = ("Failed to load resource: the server responded with a status of 4", "status of 503")
either = pytest.mark.parametrize("scripted", [True, False], ids=["with JavaScript", "without JavaScript"])


def uploads(pictures: Path, many: int) -> list[str]:
    return [str(path) for path in sorted(pictures.iterdir())[:many]]


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def search(page: Page) -> None:
    """Press the button and wait until every picture has its answer."""
    page.get_by_role("button", name="Search", exact=True).click()
    page.locator("#results").wait_for()
    until(page, "!document.querySelector('article[aria-busy]')")


@either
def test_each_upload_is_shown_with_its_five_nearest(
    open_page: Opener, address: str, pictures: Path, scripted: bool
) -> None:
    page = open_page(address, scripted=scripted).page
    page.get_by_label("Choose pictures").first.set_input_files(uploads(pictures, 3))
    search(page)
    answers = page.locator("article")
    assert answers.count() == 3
    for number in range(3):
        answer = answers.nth(number)
        assert answer.get_by_role("heading").inner_text() == f"{number:02d}.jpg"
        assert answer.get_by_alt_text(f"Your picture {number:02d}.jpg").is_visible()
        matches = answer.locator(".matches > li")
        assert matches.count() == 5
        assert "Nearly identical" in matches.first.inner_text()
        assert "0.998" in matches.first.inner_text()
    assert page.locator(".results h1").inner_text() == "Nearest to each of your 3 pictures"
    assert "You are searching the sample gallery" in page.locator(".provenance").inner_text()


def test_results_come_one_by_one_and_nothing_jumps(open_page: Opener, address: str, pictures: Path) -> None:
    page = open_page(address).page
    page.locator("#files").set_input_files(uploads(pictures, 3))
    page.evaluate(
        """() => {
            window.moved = 0;
            new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
                if (!entry.hadRecentInput) window.moved += entry.value;
            })).observe({ type: "layout-shift", buffered: false });
        }"""
    )
    search(page)
    until(page, "[...document.images].every((image) => image.complete)")
    assert page.evaluate("window.moved") < 0.05


@either
def test_thirty_two_photos_with_a_broken_one(
    open_page: Opener, address: str, pictures: Path, tmp_path: Path, scripted: bool
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_text("not a picture")
    page = open_page(address, scripted=scripted, expected=REFUSED).page
    page.locator("#files").set_input_files([*uploads(pictures, 31), str(broken)])
    if scripted:
        assert page.locator(".chosen li").count() == 32
    search(page)
    until(page, "document.querySelectorAll('.found').length === 32")
    assert page.locator(".matches").count() == 31
    assert "broken.jpg can’t be read" in page.locator(".failed").inner_text()
    if scripted:
        assert page.locator("#announcer").inner_text() == "31 pictures searched. 1 failed."


@either
def test_a_broken_file_stands_beside_the_good_ones(
    open_page: Opener, address: str, pictures: Path, tmp_path: Path, scripted: bool
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_text("not a picture")
    page = open_page(address, scripted=scripted, expected=REFUSED).page
    page.locator("#files").set_input_files([*uploads(pictures, 1), str(broken)])
    search(page)
    assert page.locator(".matches").count() == 1
    assert "broken.jpg can’t be read" in page.locator(".failed").inner_text()


def test_a_busy_server_is_asked_again(open_page: Opener, address: str, pictures: Path, world: World) -> None:
    world.refusals = 1
    page = open_page(address, expected=REFUSED).page
    page.locator("#files").set_input_files(uploads(pictures, 2))
    search(page)
    assert page.locator(".matches").count() == 2


@either
def test_a_service_that_goes_down_in_the_middle(
    open_page: Opener, address: str, pictures: Path, world: World, scripted: bool
) -> None:
    page = open_page(address, scripted=scripted, expected=REFUSED).page

    def ask() -> None:
        if not scripted or not page.locator(".chosen li").count():
            page.locator("#files").set_input_files(uploads(pictures, 1))
        page.get_by_role("button", name="Search", exact=True).click()

    ask()
    page.locator(".matches .word").first.wait_for()
    world.down = True
    ask()
    told = page.locator(".failed") if scripted else page.get_by_role("alert")
    told.filter(has_text="The search service can’t be reached").wait_for()
    world.down = False
    ask()
    page.locator(".matches .word").first.wait_for()
    assert page.locator(".matches > li").count() == 5


def test_no_connection_is_said_and_can_be_tried_again(
    open_page: Opener, address: str, pictures: Path
) -> None:
    page = open_page(address, expected=("ERR_INTERNET_DISCONNECTED",)).page
    page.locator("#files").set_input_files(uploads(pictures, 1))
    page.context.set_offline(True)
    page.locator(".offline").wait_for()
    search(page)
    assert "The server can’t be reached." in page.locator(".failed").inner_text()
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    page.locator(".matches .word").first.wait_for()
    page.locator(".offline").wait_for(state="hidden")


@either
def test_a_hostile_file_name_is_only_text(
    open_page: Opener, address: str, pictures: Path, scripted: bool
) -> None:
    body = (pictures / "00.jpg").read_bytes()
    page = open_page(address, scripted=scripted).page
    page.locator("#files").set_input_files({"name": HOSTILE, "mimeType": "image/jpeg", "buffer": body})
    search(page)
    assert page.locator("img[src=x]").count() == 0
    assert "onerror" in page.locator("h2").first.inner_text()


@either
def test_words_have_an_address(open_page: Opener, address: str, scripted: bool) -> None:
    page = open_page(address, scripted=scripted).page
    page.get_by_label("Describe what you look for").fill("a red bus")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?*text=a+red+bus*")
    assert page.get_by_role("searchbox").input_value() == "a red bus"
    page.reload()
    assert "a red bus" in page.locator(".question").inner_text()


def test_pictures_and_words_go_together(
    open_page: Opener, address: str, pictures: Path, world: World
) -> None:
    page = open_page(address).page
    page.locator("#files").set_input_files(uploads(pictures, 1))
    page.get_by_label("Describe what you look for").fill("in the snow")
    search(page)
    assert world.asked == [{"text": "in the snow", "box": "", "files": ["00.jpg"]}]


def test_nothing_at_all_is_asked_for(open_page: Opener, address: str) -> None:
    page = open_page(address).page
    page.get_by_role("button", name="Search", exact=True).click()
    assert page.locator("#announcer").inner_text() == "Choose a picture, or describe what you look for."
    assert page.evaluate("document.activeElement.id") == "text"


@either
def test_nothing_close_is_said(open_page: Opener, address: str, scripted: bool) -> None:
    page = open_page(f"{address}/search?text=a+unicorn", scripted=scripted).page
    assert "Perhaps nothing close in this collection." in page.locator(".nothing-close").inner_text()


@either
def test_a_question_is_refined_step_by_step(open_page: Opener, address: str, scripted: bool) -> None:
    page = open_page(f"{address}/search?text=a+beach", scripted=scripted).page
    page.locator(".by-it").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?id=0")
    page.get_by_placeholder("Less of …").fill("night")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?id=0&text=night%5E-0.5")
    assert "without" in page.locator(".part.less").inner_text()
    page.get_by_role("link", name="Hide near-duplicates").click()
    page.wait_for_url("**collapse=true")
    page.get_by_role("link", name="Remove night").click()
    page.wait_for_url("**/search?id=0&collapse=true")
    page.go_back()
    assert page.locator(".part").count() == 2


@either
def test_more_results(open_page: Opener, address: str, scripted: bool) -> None:
    page = open_page(f"{address}/search?id=3", scripted=scripted).page
    page.get_by_role("link", name="Show more").click()
    page.wait_for_url("**k=10")
    assert page.locator(".matches > li").count() == 10


def test_chosen_pictures_are_previewed_added_to_and_removed(
    open_page: Opener, address: str, pictures: Path
) -> None:
    page = open_page(address).page
    page.locator("#files").set_input_files(uploads(pictures, 2))
    page.locator("#files").set_input_files(uploads(pictures, 4)[2:])
    assert page.locator(".chosen img").count() == 4
    page.get_by_role("button", name="Remove 01.jpg").click()
    assert page.locator(".chosen img").count() == 3
    assert page.evaluate("document.activeElement.ariaLabel") == "Remove 02.jpg"
    assert page.locator("#announcer").inner_text() == "01.jpg removed"
    search(page)
    assert page.locator("article h2").all_inner_texts() == ["00.jpg", "02.jpg", "03.jpg"]


@pytest.mark.parametrize("event", ["drop", "paste"])
def test_pictures_can_be_dropped_and_pasted(open_page: Opener, address: str, event: str) -> None:
    page = open_page(address).page
    page.evaluate(
        """async (event) => {
            const canvas = document.createElement("canvas");
            const blob = await new Promise((resolve) => canvas.toBlob(resolve));
            const transfer = new DataTransfer();
            transfer.items.add(new File([blob], "drawn.png", { type: "image/png" }));
            document.body.dispatchEvent(event === "drop"
                ? new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true })
                : new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true }));
        }""",
        event,
    )
    assert page.get_by_alt_text("drawn.png").is_visible()
    search(page)
    assert page.locator("article h2").inner_text() == "drawn.png"


def test_the_camera_is_offered_where_there_is_one(open_page: Opener, address: str) -> None:
    page = open_page(address).page
    assert page.locator("#camera").get_attribute("capture") == "environment"
    assert page.locator(".camera").is_hidden()  # this one has a mouse


@either
def test_a_search_works_by_keyboard_alone(
    open_page: Opener, address: str, pictures: Path, scripted: bool
) -> None:
    page = open_page(address, scripted=scripted).page
    for _ in range(12):
        press(page, "Tab")
        if page.evaluate("document.activeElement.id") == "files":
            break
    page.locator("#files:focus").set_input_files(uploads(pictures, 1))
    for _ in range(6):
        press(page, "Tab")
        if page.evaluate("document.activeElement.id") == "text":
            break
    press(page, "Tab", "Enter")
    page.locator(".matches .word").first.wait_for()
    if scripted:
        assert page.evaluate("document.activeElement.id") == "results"
        for _ in range(9):
            press(page, "Tab")
            if page.evaluate("document.activeElement.className") == "open":
                break
        press(page, "Enter")
        page.locator("dialog[open]").wait_for()


@either
def test_two_tabs_do_not_disturb_each_other(
    open_page: Opener, address: str, pictures: Path, scripted: bool
) -> None:
    first = open_page(address, scripted=scripted).page
    second = first.context.new_page()
    second.goto(address)
    if scripted:
        ready(second)
    first.locator("#files").set_input_files(uploads(pictures, 2))
    second.locator("#files").set_input_files(uploads(pictures, 3))
    for page in (first, second):
        page.get_by_role("button", name="Search", exact=True).click(no_wait_after=True)
    for page, many in ((first, 2), (second, 3)):
        page.locator(".matches .word").nth(5 * many - 1).wait_for()
        assert page.locator("article").count() == many


@either
def test_a_service_that_is_down_is_named(open_page: Opener, address_of_down: str, scripted: bool) -> None:
    page = open_page(address_of_down, scripted=scripted).page
    assert "The embedding service at 127.0.0.1:8002" in page.get_by_role("alert").inner_text()
    assert page.get_by_role("link", name="Try again").is_visible()
    page.get_by_role("link", name="See what is wrong").click()
    assert "There is a problem" in page.locator(".verdict").inner_text()


@either
def test_the_language_can_be_chosen(open_page: Opener, address: str, scripted: bool) -> None:
    page = open_page(f"{address}/images?cursor=16", scripted=scripted).page
    page.get_by_role("button", name="Deutsch").click()
    page.wait_for_url("**/images?cursor=16")
    assert page.locator("h1").inner_text() == "Bilder"
    page.goto(address)
    assert page.locator("h1").inner_text() == "Bilder finden, die Ihren ähneln"


def test_the_browsers_language_is_spoken(open_page: Opener, address: str, pictures: Path) -> None:
    page = open_page(address, language="de-DE").page
    page.locator("#files").set_input_files(uploads(pictures, 2))
    assert page.locator("#announcer").inner_text() == "2 Bilder ausgewählt"


@pytest.mark.parametrize(
    ("width", "scripted"), [(320, True), (320, False), (768, True), (1280, False), (3840, True)]
)
def test_nothing_scrolls_sideways(
    open_page: Opener, address: str, pictures: Path, width: int, scripted: bool
) -> None:
    page = open_page(address, scripted=scripted, width=width, dark=True, language="de").page
    body = (pictures / "00.jpg").read_bytes()
    assert_fits(page, width)
    long = FilePayload(name="a" * 180 + ".jpg", mimeType="image/jpeg", buffer=body)
    page.locator("#files").set_input_files(
        [long, FilePayload(name="b.jpg", mimeType="image/jpeg", buffer=body)]
    )
    page.get_by_role("button", name="Suchen", exact=True).click()
    page.locator("#results").wait_for()
    assert_fits(page, width)
    for path in ("/search?id=1&text=" + "a" * 200, "/images", "/jobs", "/status", "/images/3"):
        page.goto(address + path)
        assert_fits(page, width)


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_the_rows_of_results_are_level(open_page: Opener, address: str, width: int) -> None:
    """Whatever a picture is called, its number and name take one line."""
    page = open_page(f"{address}/search?id=3&k=10", width=width, language="de").page
    heights = (
        "[...document.querySelectorAll('.detail')].map((detail) => detail.getBoundingClientRect().height)"
    )
    found = page.evaluate(heights)
    assert len(found) == 10
    assert set(found) == {min(found)}
    assert min(found) < 24


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


@pytest.mark.parametrize("calm", [True, False], ids=["reduced motion", "any motion"])
def test_nothing_moves_for_those_who_asked_for_that(
    open_page: Opener, address: str, pictures: Path, calm: bool
) -> None:
    page = open_page(address, calm=calm).page
    page.route(f"{address}/", lambda route: None)  # no answer: there is time to look at what moves
    page.locator("#files").set_input_files(uploads(pictures, 1))
    page.get_by_role("button", name="Search", exact=True).click()
    page.locator(".ghost .tile").first.wait_for()
    moving = page.evaluate("document.getAnimations().length > 0")
    slides = page.evaluate(
        """() => [...document.querySelectorAll("button, .tile")]
            .some((element) => parseFloat(getComputedStyle(element).transitionDuration) > 0)"""
    )
    assert (moving, slides) == (not calm, not calm)


def assert_fits(page: Page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width
