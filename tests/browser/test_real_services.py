"""The page of the three real services, as a person without JavaScript sees it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import Opener, until
from tests.system.pictures import write_gallery
from tests.system.test_make_run import Launcher, launched


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gallery(tmp_path_factory.mktemp("real") / "pictures", 12)


@pytest.fixture(scope="module")
def services(folder: Path) -> Iterator[Launcher]:
    with launched(folder.parent, IMAGES=str(folder)) as launcher:
        launcher.wait_for("Ctrl-C stops it")
        yield launcher


@pytest.mark.parametrize("scripted", [False, True], ids=["no-script", "script"])
def test_each_upload_is_shown_with_its_five_pictures(
    open_page: Opener, services: Launcher, folder: Path, tmp_path: Path, scripted: bool
) -> None:
    broken = tmp_path / '"><img src=x onerror=alert(1)>.jpg'
    broken.write_bytes(b"not a picture")
    page = open_page(f"http://127.0.0.1:{services.port}", scripted=scripted, expected=("status of 422",)).page
    page.set_input_files("#files", [folder / "004.jpg", broken, folder / "009.jpg"])
    page.locator(".ask > button").click()
    page.locator("article").nth(2).wait_for()
    until(page, "!document.querySelector('article[aria-busy]')")
    page.wait_for_load_state("networkidle")
    results = page.locator("article")
    assert results.count() == 3
    for place, name in ((0, "004.jpg"), (2, "009.jpg")):
        hits = results.nth(place).locator("a[href^='/images/']")
        assert hits.count() == 5
        assert name in hits.first.inner_text()
        widths = hits.locator("img").evaluate_all("images => images.map(image => image.naturalWidth)")
        assert all(widths), "a thumbnail didn't load"
    assert "onerror=alert(1)" in results.nth(1).inner_text()
    assert "isn't" in results.nth(1).inner_text()


def test_a_found_picture_opens_in_full(open_page: Opener, services: Launcher, folder: Path) -> None:
    page = open_page(f"http://127.0.0.1:{services.port}", scripted=False).page
    page.set_input_files("#files", [folder / "002.jpg"])
    page.locator(".ask > button").click()
    page.locator(".matches a.open").first.click()
    with page.expect_navigation() as opened:
        page.locator("a.whole").click()
    assert opened.value is not None
    assert opened.value.body() == (folder / "002.jpg").read_bytes()
