"""The catalogue: paging, adding, deleting, and the jobs that do it."""

from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page

from tests.browser.conftest import Opener
from tests.browser.fake_world import World
from tests.browser.test_page import BRING, HOSTILE, REFUSED, either, search, uploads
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


def test_the_next_page_comes_by_itself(open_page: Opener, address: str) -> None:
    page = open_page(f"{address}/images").page

    def shown_after_scrolling() -> bool:
        page.mouse.wheel(0, 4000)
        return page.locator(".pictures > li").count() == 40

    wait_until(shown_after_scrolling, "all 40 pictures to be shown")
    page.locator(".pictures a.open").nth(35).click()
    assert page.locator(".count").inner_text() == "36 of 40"


def test_without_javascript_there_are_pages(open_page: Opener, address: str) -> None:
    page = open_page(f"{address}/images", scripted=False).page
    listed = page.locator(".pictures > li")
    assert listed.count() == 30
    page.get_by_role("link", name="Older").click()
    wait_until(lambda: listed.count() == 10, "the last ten")
    page.get_by_role("link", name="Newer").click()
    wait_until(lambda: listed.count() == 30, "the first thirty")


def test_thumbnails_have_their_place_before_they_are_there(open_page: Opener, address: str) -> None:
    page = open_page(f"{address}/images").page
    sized = "[...document.querySelectorAll('.pictures img')].every((image) => image.width && image.height)"
    assert page.evaluate(sized)
    assert page.locator(".pictures img[loading=lazy]").count() >= 8


@either
def test_what_is_deleted_can_be_brought_back(
    open_page: Opener, address: str, world: World, scripted: bool
) -> None:
    page = open_page(f"{address}/images", scripted=scripted).page
    page.locator(".pictures a.open").first.click()
    page.get_by_role("button", name="Delete").click()
    undo = page.get_by_role("button", name="Undo")
    undo.wait_for()
    assert world.deleted == {0}
    page.locator(".summary", has_text="39 pictures").wait_for()
    assert page.locator('.pictures a[href="/images/0"]').count() == 0
    undo.click()
    if scripted:
        page.locator('.pictures a[href="/images/0"]').wait_for()
    else:
        page.wait_for_url("**/jobs/j1")
    assert world.deleted == set()


def begun(page: Page, scripted: bool = True) -> None:
    """Wait for a job to have begun: with scripts, one stays where one is."""
    if scripted:
        page.locator(".activity:not([hidden])").wait_for()
    else:
        page.wait_for_url("**/jobs/j1")


@either
def test_pictures_are_added_and_the_job_is_followed(
    open_page: Opener, address: str, pictures: Path, world: World, scripted: bool
) -> None:
    page = open_page(f"{address}/images", scripted=scripted).page
    page.locator(".add > summary").click()
    page.locator("#add-files").set_input_files(uploads(pictures, 4))
    if scripted:
        assert page.locator(".picked").inner_text().startswith("4 files")
    page.get_by_role("button", name="Add", exact=True).click()
    if not scripted:
        page.wait_for_url("**/jobs/j1")
        world.jobs["j1"]["state"] = "done"
        page.get_by_role("link", name="Refresh").click()
        assert page.locator(".job .state").inner_text() == "Done"
        return
    page.locator(".activity > summary").click()
    assert page.locator(".activity li a").inner_text() == "4 files"
    page.goto(f"{address}/status")  # it is followed on every page
    page.locator(".toast", has_text="3 added of 4 · 1 failed").wait_for()
    page.locator(".activity > summary").click()
    page.locator(".activity").get_by_role("link", name="4 files").click()
    page.get_by_role("heading", name="What failed, and why").wait_for()
    assert "3 added of 4 · 1 failed" in page.locator(".counts").inner_text()
    assert "02.jpg" in page.locator(".errors").inner_text()
    page.goto(f"{address}/images")
    assert page.locator(".activity").is_hidden()  # what failed was looked at


def test_a_job_is_followed_on_its_page(open_page: Opener, address: str, world: World) -> None:
    world.new_job("upload", 4)
    page = open_page(f"{address}/jobs/j1").page
    page.get_by_role("heading", name="What failed, and why").wait_for()
    assert page.locator("#announcer").inner_text().startswith("Done 3 added")


@either
def test_a_folder_is_added_with_all_it_holds(
    open_page: Opener, address: str, pictures: Path, world: World, tmp_path: Path, scripted: bool
) -> None:
    for name in ("one.jpg", "deeper/two.jpg"):
        path = tmp_path / "holiday" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((pictures / "00.jpg").read_bytes())
    page = open_page(f"{address}/images", scripted=scripted).page
    page.locator(".add > summary").click()
    page.locator("#add-folder").set_input_files(tmp_path / "holiday")
    if scripted:
        assert page.locator(".picked").inner_text().startswith("2 files")
    page.get_by_role("button", name="Add", exact=True).click()
    begun(page, scripted)
    assert sorted(Path(name).name for name in world.brought) == ["one.jpg", "two.jpg"]
    if scripted:  # without, it is the browser that decides what a file is called
        assert sorted(world.brought) == ["holiday/deeper/two.jpg", "holiday/one.jpg"]


@either
def test_a_list_of_links_is_added(
    open_page: Opener, address: str, world: World, tmp_path: Path, scripted: bool
) -> None:
    table = tmp_path / "links.csv"
    table.write_text("url\nhttps://pictures.example/1.jpg\n")
    page = open_page(f"{address}/images", scripted=scripted).page
    page.locator(".add > summary").click()
    page.locator("#add-list").set_input_files(table)
    page.get_by_role("button", name="Add", exact=True).click()
    begun(page, scripted)
    page.goto(f"{address}/jobs/j1")
    assert page.locator("h1").inner_text() == "List of links"
    assert world.brought == ["links.csv"]


@either
def test_script_like_names_are_only_text(
    open_page: Opener, address: str, pictures: Path, world: World, tmp_path: Path, scripted: bool
) -> None:
    body = (pictures / "00.jpg").read_bytes()
    world.paths[0] = tmp_path / HOSTILE
    world.paths[0].write_bytes(body)
    page = open_page(f"{address}/images", scripted=scripted).page
    page.locator(".add > summary").click()
    sent = FilePayload(name=HOSTILE, mimeType="image/jpeg", buffer=body)
    page.locator("#add-files").set_input_files([sent, sent, sent])
    page.get_by_role("button", name="Add", exact=True).click()
    begun(page, scripted)
    if scripted:
        page.goto(f"{address}/jobs/j1")
        page.get_by_role("heading", name="What failed, and why").wait_for()
        failed = page.locator(".errors").inner_text()
        assert "><img src=x onerror=alert(1)>.jpg" in failed  # browsers send the quotation mark as %22
    page.goto(f"{address}/images")
    page.locator(".pictures a.open").first.click()
    (page.locator(".viewer .panel") if scripted else page.locator(".single")).wait_for()
    assert HOSTILE in page.locator("#viewer-name" if scripted else "h1").inner_text()
    assert page.locator("img[src=x]").count() == 0


@either
def test_a_service_that_goes_down_is_named_where_one_is(
    open_page: Opener, address: str, pictures: Path, world: World, scripted: bool
) -> None:
    page = open_page(f"{address}/images", scripted=scripted, expected=REFUSED).page
    world.down = True
    page.locator(".pictures a.open").first.click()
    page.get_by_role("button", name="Delete").click()
    told = page.locator(".toast") if scripted else page.get_by_role("alert")
    told.wait_for()
    assert "The search service didn't answer within 10 s." in told.inner_text()
    page.goto(f"{address}/images")
    page.locator(".add > summary").click()
    page.locator("#add-files").set_input_files(uploads(pictures, 1))
    page.get_by_role("button", name="Add", exact=True).click()
    told = page.locator(".sent") if scripted else page.get_by_role("alert")
    told.filter(has_text="The search service didn't answer within 10 s.").wait_for()
    world.down = False
    page.goto(f"{address}/images")
    assert page.locator('.pictures a[href="/images/0"]').count() == 1


@either
def test_what_services_say_is_said_in_german(
    open_page: Opener, address: str, world: World, scripted: bool
) -> None:
    page = open_page(f"{address}/images", scripted=scripted, language="de", expected=REFUSED).page
    world.down = True
    page.locator(".pictures a.open").first.click()
    page.get_by_role("button", name="Löschen").click()
    told = page.locator(".toast") if scripted else page.get_by_role("alert")
    told.wait_for()
    assert "Der Suchdienst hat innerhalb von 10 s nicht geantwortet." in told.inner_text()
    job = world.new_job("upload", 9)
    for _ in range(9):
        world.advance(job)
    page.goto(f"{address}/jobs/j1")
    assert "Der Anfang des Bildes ist beschädigt" in page.locator(".errors").inner_text()


@either
def test_a_first_visit_asks_for_ones_photos(
    open_page: Opener, address_of_empty: str, pictures: Path, scripted: bool
) -> None:
    page = open_page(address_of_empty, scripted=scripted).page
    assert page.locator("h1").inner_text() == "Your photos"
    page.locator("#add-files").set_input_files(uploads(pictures, 2))
    page.get_by_role("button", name="Add", exact=True).click()
    begun(page, scripted)


def test_photos_that_one_searched_with_can_be_kept(
    open_page: Opener, address: str, pictures: Path, world: World
) -> None:
    page = open_page(address).page
    search(page, uploads(pictures, 1))
    page.get_by_role("button", name="Add this photo to my pictures").click()
    page.locator(".toast").get_by_role("button", name="Show").wait_for()
    assert world.brought == ["00.jpg"]
    assert page.locator(".keep").count() == 0


def test_what_is_dropped_here_is_added(open_page: Opener, address: str, world: World) -> None:
    page = open_page(f"{address}/images").page
    page.evaluate(BRING, {"event": "drop"})
    begun(page)
    assert world.brought == ["drawn.png"]


def test_a_job_tells_the_local_time_and_what_failed(open_page: Opener, address: str, world: World) -> None:
    world.new_job("upload", 3, state="failed", failed=3)
    page = open_page(f"{address}/jobs/j1").page
    assert "UTC" not in page.locator("time").inner_text()
    assert page.locator("progress.bad").count() == 1


def test_nothing_chosen_is_said(open_page: Opener, address: str) -> None:
    page = open_page(f"{address}/images").page
    page.locator(".add > summary").click()
    page.get_by_role("button", name="Add", exact=True).click()
    assert page.locator(".sent").inner_text() == "Choose files, a folder or a list first."


@either
def test_a_job_is_cancelled(open_page: Opener, address: str, world: World, scripted: bool) -> None:
    world.new_job("links", 10_000)
    page = open_page(f"{address}/jobs/j1", scripted=scripted).page
    page.get_by_role("button", name="Cancel").click()
    page.locator(".state.cancelled").wait_for()
    page.goto(f"{address}/jobs")
    assert "Cancelled" in page.locator(".jobs").inner_text()


@either
def test_a_filter_that_nothing_fits(open_page: Opener, address: str, scripted: bool) -> None:
    page = open_page(f"{address}/images?label=nothing", scripted=scripted).page
    assert "No picture fits this filter" in page.locator(".empty").inner_text()
    page.get_by_role("link", name="Show all").click()
    assert page.locator(".pictures > li").count() >= 16
