"""Opening pictures: nothing outside the folder, nothing that isn't a plain file."""

import asyncio
import os
from functools import partial
from pathlib import Path
from time import sleep

import pytest

from aggregate_service.catalogue.catalog import Picture, Place
from aggregate_service.errors import PictureIsMissing
from aggregate_service.files.image_store import ImageStore
from aggregate_service.files.links import LinkRules
from aggregate_service.files.storage import Folder, OutsideFolder
from picture_files.reader import PictureLimits
from tests.aggregate_service.conftest import save_picture
from tests.aggregate_service.samples import keep


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    save_picture(tmp_path / "in" / "a.png", "red")
    save_picture(tmp_path / "out.png", "red")
    (tmp_path / "in" / "to-outside.png").symlink_to(tmp_path / "out.png")
    (tmp_path / "in" / "to-inside.png").symlink_to("a.png")
    (tmp_path / "in" / "folder-outside").symlink_to(tmp_path)
    (tmp_path / "in" / "loop.png").symlink_to("loop.png")
    os.mkfifo(tmp_path / "in" / "pipe.png")
    return ImageStore(
        lambda _root: tmp_path / "in",
        Folder(tmp_path / "uploads"),
        tmp_path / "thumbnails",
        PictureLimits(1_000_000, 5_000),
    )


def test_pictures_inside_open_also_through_links_that_stay_inside(store: ImageStore) -> None:
    for path in ("a.png", "to-inside.png", "./a.png"):
        with store.open(Place(1, path)) as file:
            assert file.read(8) == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    "path",
    [
        "../out.png",
        "x/../../out.png",
        "..",
        "",
        ".",
        "/etc/hostname",
        "a.png\0.jpg",
        "to-outside.png",
        "folder-outside/out.png",
        "loop.png",
        "pipe.png",
        "no-such.png",
        "n" * 5000,
    ],
)
def test_everything_else_is_a_404(store: ImageStore, path: str) -> None:
    with pytest.raises(PictureIsMissing):
        store.open_picture(Picture(0, path, root_id=1))


def test_leaving_the_folder_has_a_name(store: ImageStore) -> None:
    with pytest.raises(OutsideFolder):
        store.open(Place(1, "folder-outside/out.png"))


def test_only_our_own_copies_are_ever_discarded(store: ImageStore, tmp_path: Path) -> None:
    place, facts = keep(store, tmp_path / "uploads", (tmp_path / "out.png").read_bytes())
    with store.open(place) as file:
        store.small(Picture(0, place.path, sha256=facts.sha256))
        assert file.read(1)
    for _ in range(2):
        store.discard([place, Place(1, "a.png")], [facts.sha256])
    assert not [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()]
    assert not [path for path in (tmp_path / "thumbnails").rglob("*") if path.is_file()]
    assert (tmp_path / "in" / "a.png").exists()


def test_a_linked_folder_opens_where_links_are_followed(store: ImageStore, tmp_path: Path) -> None:
    def store_with(rules: LinkRules) -> ImageStore:
        uploads = Folder(tmp_path / "uploads")
        thumbnails = tmp_path / "thumbnails"
        return ImageStore(lambda _root: tmp_path / "in", uploads, thumbnails, store.limits, rules)

    following = store_with(LinkRules(follow=True))
    following.open(Place(1, "folder-outside/out.png")).close()
    for rules, path in (
        (LinkRules(follow=True), "to-outside.png"),
        (LinkRules(follow=True), "folder-outside/../out.png"),
        (LinkRules(follow=True, below=(tmp_path / "in",)), "folder-outside/out.png"),
    ):
        with pytest.raises(OutsideFolder):
            store_with(rules).open(Place(1, path))


def test_two_pictures_are_decoded_at_once_however_many_are_asked_for(store: ImageStore) -> None:
    at_work: list[int] = []
    begun: list[int] = []

    def work(number: int) -> int:
        at_work.append(number)
        begun.append(len(at_work))
        sleep(0.01)
        at_work.remove(number)
        return number

    async def ask() -> list[int]:
        return await asyncio.gather(*(store.decode(partial(work, number)) for number in range(12)))

    assert asyncio.run(ask()) == list(range(12))
    assert max(begun) == 2
