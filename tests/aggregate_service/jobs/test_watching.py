"""Watched folders: what comes, changes and goes is followed; links, odd names and whole folders included."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from aggregate_service.jobs import watching
from aggregate_service.jobs.watching import place_in
from tests.aggregate_service.conftest import PICTURES, World, save_picture
from tests.aggregate_service.fakes import colour_vector
from tests.waiting import wait_until

Start = Callable[[], TestClient]


@dataclass
class Watched:
    """A running service that follows the world's folder."""

    world: World
    client: TestClient

    @property
    def folder(self) -> Path:
        return self.world.folder

    def paths(self) -> set[str]:
        listed = self.client.get("/images?limit=100").json()["images"]
        return {picture["path"] for picture in listed if picture["searchable"]}

    def id_of(self, path: str) -> int:
        listed = self.client.get("/images?limit=100").json()["images"]
        ids: dict[str, int] = {picture["path"]: picture["id"] for picture in listed}
        return ids[path]

    def wait_for(self, *names: str) -> None:
        """Until exactly these are searchable, and nothing is under way."""
        wait_until(
            lambda: all(job["finished_at"] for job in self.jobs()) and self.paths() == set(names),
            f"exactly {sorted(names)} to be searchable",
        )

    def jobs(self) -> list[dict[str, Any]]:
        jobs: list[dict[str, Any]] = self.client.get("/jobs").json()["jobs"]
        return jobs


@pytest.fixture
def watched(world: World, start: Start) -> Watched:
    world.settings = world.settings.model_copy(update={"watch_folders": str(world.folder)})
    watched = Watched(world, start())
    watched.wait_for(*PICTURES)
    return watched


def test_files_that_come_change_and_go(watched: Watched) -> None:
    save_picture(watched.folder / "new.png", (10, 20, 30))
    save_picture(watched.folder / "deep" / "a\nb 東京.png", (20, 30, 40))
    (watched.folder / "notes.txt").write_text("not a picture")
    watched.wait_for(*PICTURES, "new.png", "deep/a\nb 東京.png")
    save_picture(watched.folder / "red.jpg", (0, 0, 250))
    changed = colour_vector((0, 0, 250)).tolist()
    wait_until(
        lambda: watched.world.vectors().get(watched.id_of("red.jpg")) == pytest.approx(changed, abs=0.02),
        "the changed picture to have its new vector",
    )
    (watched.folder / "new.png").unlink()
    (watched.folder / "grey.png").unlink()
    left = set(PICTURES) - {"grey.png"}
    watched.wait_for(*left, "deep/a\nb 東京.png")


def test_folders_that_come_and_go(watched: Watched, tmp_path: Path) -> None:
    save_picture(tmp_path / "album" / "inner" / "one.png", (1, 2, 3))
    save_picture(tmp_path / "album" / "two.png", (4, 5, 6))
    (tmp_path / "album").rename(watched.folder / "album")
    watched.wait_for(*PICTURES, "album/inner/one.png", "album/two.png")
    (watched.folder / "album").rename(watched.folder / "renamed")
    watched.wait_for(*PICTURES, "renamed/inner/one.png", "renamed/two.png")
    (watched.folder / "renamed").rename(tmp_path / "away")
    watched.wait_for(*PICTURES)


def test_a_loop_of_links_and_bad_files_stop_nothing(watched: Watched) -> None:
    (watched.folder / "loop").symlink_to(watched.folder)
    (watched.folder / "empty.png").touch()
    (watched.folder / "bad.png").write_text("hello")
    save_picture(watched.folder / "new.png", (10, 20, 30))
    watched.wait_for(*PICTURES, "new.png")
    errors = [error for job in watched.jobs() for error in job["errors"]]
    assert {error["item"] for error in errors} == {"empty.png", "bad.png"}


def test_what_was_deleted_on_purpose_stays_out(watched: Watched) -> None:
    assert watched.client.delete("/images/5").status_code == 204
    (watched.folder / "red.jpg").touch()
    save_picture(watched.folder / "new.png", (10, 20, 30))
    watched.wait_for(*(set(PICTURES) - {"red.jpg"}), "new.png")


def test_what_changed_while_nobody_looked_is_found_at_the_start(world: World, start: Start) -> None:
    world.index()
    (world.folder / "blue.png").unlink()
    save_picture(world.folder / "new.png", (10, 20, 30))
    world.settings = world.settings.model_copy(update={"watch_folders": str(world.folder)})
    watched = Watched(world, start())
    watched.wait_for(*(set(PICTURES) - {"blue.png"}), "new.png")
    (job,) = watched.jobs()
    assert (job["kind"], job["state"], job["total"], job["done"]) == ("folder", "done", 7, 7)


def test_a_folder_with_two_names_is_followed_under_its_own(world: World, start: Start) -> None:
    """The watch may report what happens in `real` as in `alias`, and what happens here as in `loop`."""
    save_picture(world.folder / "real" / "old.png", (1, 1, 1))
    (world.folder / "alias").symlink_to("real")
    (world.folder / "loop").symlink_to(".")
    world.settings = world.settings.model_copy(update={"watch_folders": str(world.folder)})
    watched = Watched(world, start())
    watched.wait_for(*PICTURES, "real/old.png")
    save_picture(world.folder / "real" / "new.png", (2, 2, 2))
    save_picture(world.folder / "new.png", (3, 3, 3))
    watched.wait_for(*PICTURES, "real/old.png", "real/new.png", "new.png")
    (world.folder / "real" / "old.png").unlink()
    save_picture(world.folder / "real" / "album" / "one.png", (4, 4, 4))
    watched.wait_for(*PICTURES, "real/new.png", "new.png", "real/album/one.png")


def test_a_link_that_scans_follow_is_watched_too(world: World, start: Start, tmp_path: Path) -> None:
    elsewhere = save_picture(tmp_path / "elsewhere" / "old.png", (1, 1, 1)).parent
    (world.folder / "trip").symlink_to(elsewhere)
    update = {"watch_folders": str(world.folder), "follow_links": True}
    world.settings = world.settings.model_copy(update=update)
    watched = Watched(world, start())
    watched.wait_for(*PICTURES, "trip/old.png")
    scans = len(watched.jobs())
    save_picture(elsewhere / "new.png", (2, 2, 2))
    watched.wait_for(*PICTURES, "trip/old.png", "trip/new.png")
    assert {job["total"] for job in watched.jobs()[:-scans]} == {1}, "not all of it was looked through"
    (elsewhere / "old.png").unlink()
    (elsewhere / "album").mkdir()
    save_picture(elsewhere / "album" / "one.png", (3, 3, 3))
    watched.wait_for(*PICTURES, "trip/new.png", "trip/album/one.png")


def test_a_link_is_watched_beside_one_that_leads_above_the_folder(
    world: World, start: Start, tmp_path: Path
) -> None:
    """The watch tells of what happens behind the one by way of the other."""
    elsewhere = save_picture(tmp_path / "elsewhere" / "old.png", (1, 1, 1)).parent
    (world.folder / "above").symlink_to(tmp_path)
    (world.folder / "trip").symlink_to(elsewhere)
    update = {"watch_folders": str(world.folder), "follow_links": True}
    world.settings = world.settings.model_copy(update=update)
    watched = Watched(world, start())
    watched.wait_for(*PICTURES, "trip/old.png")
    save_picture(elsewhere / "new.png", (2, 2, 2))
    watched.wait_for(*PICTURES, "trip/old.png", "trip/new.png")


def test_what_scans_leave_out_is_left_out(watched: Watched) -> None:
    save_picture(watched.folder / ".hidden.png", (1, 1, 1))
    save_picture(watched.folder / "@eaDir" / "x" / "small.png", (2, 2, 2))
    save_picture(watched.folder / "deep" / "old" / "one.png", (3, 3, 3))
    save_picture(watched.folder / "seen.png", (4, 4, 4))
    watched.wait_for(*PICTURES, "seen.png", "deep/old/one.png")
    (watched.folder / "deep" / ".imagesearchignore").write_text("old\n")
    watched.wait_for(*PICTURES, "seen.png")
    save_picture(watched.folder / "deep" / "old" / "two.png", (5, 5, 5))
    save_picture(watched.folder / "again.png", (6, 6, 6))
    watched.wait_for(*PICTURES, "seen.png", "again.png")
    (watched.folder / "deep" / ".imagesearchignore").unlink()
    watched.wait_for(*PICTURES, "seen.png", "again.png", "deep/old/one.png", "deep/old/two.png")


def test_a_folder_that_is_renamed_is_out_of_reach_and_another_in_its_place_is_watched(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_TRY_AGAIN_SECONDS", 0.1)
    watched.folder.rename(watched.folder.with_name("renamed"))
    watched.wait_for()
    watched.folder.mkdir()
    save_picture(watched.folder / "first.png", (1, 1, 1))
    watched.wait_for("first.png")
    save_picture(watched.folder / "second.png", (2, 2, 2))
    watched.wait_for("first.png", "second.png")


def test_a_watched_folder_that_is_gone_at_the_start_is_out_of_reach(world: World, start: Start) -> None:
    world.index()
    world.folder.rename(world.folder.with_name("away"))
    world.settings = world.settings.model_copy(update={"watch_folders": str(world.folder)})
    Watched(world, start()).wait_for()


def test_where_a_change_really_was(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "real").mkdir(parents=True)
    (root / "alias").symlink_to("real")
    (root / "loop").symlink_to(".")
    (root / "out").symlink_to(tmp_path)
    (root / "itself").symlink_to("itself")
    assert place_in(root, root / "alias" / "a.png") == root / "real" / "a.png"
    assert place_in(root, root / "loop" / "loop" / "alias" / "a.png") == root / "real" / "a.png"
    assert place_in(root, root / "alias") == root / "alias"
    assert place_in(root, root) == root
    assert place_in(root, root / "out" / "a.png") is None
    assert place_in(root, root / "out" / "root" / "a.png") == root / "a.png"
