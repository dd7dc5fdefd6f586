"""The page as people use it: in Chromium, with JavaScript on and off."""

from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page

from tests.browser.conftest import Opener

pytestmark = pytest.mark.browser
HOSTILE = '"><img src=x onerror=alert(1)>.jpg'
either = pytest.mark.parametrize("scripted", [True, False], ids=["with JavaScript", "without JavaScript"])


def uploads(pictures: Path, many: int) -> list[str]:
    return [str(path) for path in sorted(pictures.iterdir())[:many]]


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def search(page: Page) -> None:
    page.get_by_role("button", name="Search", exact=True).click()
    page.locator("#results").wait_for()


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
        matches = answer.get_by_role("listitem")
        assert matches.count() == 5
        assert "Nearly identical" in matches.first.inner_text()
        assert "0.998" in matches.first.inner_text()
    assert "Answered by color-layout" in page.locator(".provenance").inner_text()
    assert "You are searching the sample gallery" in page.locator(".provenance").inner_text()


def test_thumbnails_load_and_lead_to_the_picture(open_page: Opener, address: str, pictures: Path) -> None:
    page = open_page(address).page
    page.locator("#files").set_input_files(uploads(pictures, 1))
    search(page)
    page.wait_for_function("[...document.images].every((image) => image.complete && image.naturalWidth > 0)")
    page.locator(".matches a").first.click()
    page.wait_for_url("**/images/0/file")


@either
def test_a_broken_file_stands_beside_the_good_ones(
    open_page: Opener, address: str, pictures: Path, tmp_path: Path, scripted: bool
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_text("not a picture")
    page = open_page(address, scripted=scripted).page
    page.locator("#files").set_input_files([*uploads(pictures, 1), str(broken)])
    search(page)
    assert page.locator(".matches").count() == 1
    assert "broken.jpg can’t be read" in page.locator(".failed").inner_text()


@either
def test_a_hostile_file_name_is_only_text(
    open_page: Opener, address: str, pictures: Path, scripted: bool
) -> None:
    body = (pictures / "00.jpg").read_bytes()
    page = open_page(address, scripted=scripted).page
    page.locator("#files").set_input_files({"name": HOSTILE, "mimeType": "image/jpeg", "buffer": body})
    search(page)
    assert page.locator("img[src=x]").count() == 0
    assert "onerror" in page.locator("h2").inner_text()


@either
def test_words_and_the_number_asked_for(open_page: Opener, address: str, scripted: bool) -> None:
    page = open_page(address, scripted=scripted).page
    page.get_by_label("Or describe what you look for").fill("a red bus")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?text=a+red+bus&k=5")
    assert page.locator("h2").inner_text() == "a red bus"
    assert page.get_by_role("searchbox").input_value() == "a red bus"


def test_the_number_asked_for_reaches_both_forms(open_page: Opener, address: str, pictures: Path) -> None:
    page = open_page(address).page
    page.get_by_label("Show").select_option("10")
    assert page.locator(".by-words [name=k]").input_value() == "10"
    page.locator("#files").set_input_files(uploads(pictures, 1))
    search(page)
    assert page.locator(".matches li").count() == 10


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
    assert page.get_by_role("status").inner_text() == "01.jpg removed"
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


@either
def test_a_search_works_by_keyboard_alone(
    open_page: Opener, address: str, pictures: Path, scripted: bool
) -> None:
    page = open_page(address, scripted=scripted).page
    press(page, "Tab", "Tab", "Tab")
    page.locator("#files:focus").set_input_files(uploads(pictures, 1))
    past_chips = ["Tab"] if scripted else []
    press(page, "Tab", *past_chips, "Tab", "Enter")
    page.locator("#results").wait_for()
    press(page, "Tab", "Enter")
    assert page.url.endswith("#results")


@either
def test_a_service_that_is_down_is_named(open_page: Opener, address_of_down: str, scripted: bool) -> None:
    page = open_page(address_of_down, scripted=scripted).page
    assert "The embedding service at 127.0.0.1:8002" in page.get_by_role("alert").inner_text()
    assert page.get_by_role("link", name="Try again").is_visible()


@pytest.mark.parametrize(
    ("width", "scripted"), [(320, True), (320, False), (768, True), (1280, False), (3840, True)]
)
def test_nothing_scrolls_sideways(
    open_page: Opener, address: str, pictures: Path, width: int, scripted: bool
) -> None:
    visit = open_page(address, scripted=scripted, width=width, dark=True)
    body = (pictures / "00.jpg").read_bytes()
    assert_fits(visit.page, width)
    long = FilePayload(name="a" * 180 + ".jpg", mimeType="image/jpeg", buffer=body)
    visit.page.locator("#files").set_input_files(
        [long, FilePayload(name="b.jpg", mimeType="image/jpeg", buffer=body)]
    )
    search(visit.page)
    assert_fits(visit.page, width)


def assert_fits(page: Page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width
