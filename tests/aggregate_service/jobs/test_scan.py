"""What a folder holds, whatever lies in it."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from aggregate_service.files.links import LinkRules
from aggregate_service.jobs.exclusions import Exclusions
from aggregate_service.jobs.scan import scan_folder


def write(path: Path, size: int = 10) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return path


def test_pictures_at_every_depth_in_every_script(tmp_path: Path) -> None:
    names = ["a.jpg", "b/c/d.PNG", "b/новый год.webp", "b/line\nbreak.gif", "b/ ' \" %2f.tiff"]
    for name in [*names, "notes.txt", "a.svg", "noext"]:
        write(tmp_path / name)
    scan = scan_folder(tmp_path, tmp_path, 100)
    assert sorted(names) == [candidate.path for candidate in scan.candidates]
    assert scan.skipped == []


def test_what_is_skipped_is_named_with_its_reason(tmp_path: Path) -> None:
    write(tmp_path / "empty.jpg", 0)
    write(tmp_path / "large.jpg", 101)
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "nowhere.jpg").symlink_to("no-such.jpg")
    (tmp_path / "outside.jpg").symlink_to(write(tmp_path.parent / "outside.jpg"))
    (tmp_path / "inside.jpg").symlink_to(write(tmp_path / "x.jpg"))
    (tmp_path / os.fsdecode(b"not-utf-8-\xff.jpg")).write_bytes(b"x")
    scan = scan_folder(tmp_path, tmp_path, 100)
    assert [candidate.path for candidate in scan.candidates] == ["inside.jpg", "x.jpg"]
    reasons = {skipped.path: skipped.reason for skipped in scan.skipped}
    assert reasons.keys() == {
        "empty.jpg",
        "large.jpg",
        "pipe.jpg",
        "loop.jpg",
        "nowhere.jpg",
        "outside.jpg",
        "not-utf-8-\\udcff.jpg",
    }
    assert reasons["empty.jpg"] == "The file is empty."
    assert "leads out" in reasons["outside.jpg"]


def test_what_lies_elsewhere_and_what_could_not_be_seen(tmp_path: Path) -> None:
    write(tmp_path / "a" / "x.jpg")
    (tmp_path / "a" / "loop.jpg").symlink_to("loop.jpg")
    scan = scan_folder(tmp_path, tmp_path / "a", 100)
    assert [candidate.path for candidate in scan.candidates] == ["a/x.jpg"]
    assert not scan.covers("b/y.jpg")
    assert not scan.covers("ab/y.jpg")
    assert scan.is_unseen("a/loop.jpg")
    assert scan.covers("a/gone.jpg")
    assert not scan.is_unseen("a/gone.jpg")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_cannot_be_listed(tmp_path: Path) -> None:
    write(tmp_path / "closed" / "x.jpg")
    (tmp_path / "closed").chmod(0)
    scan = scan_folder(tmp_path, tmp_path, 100)
    (tmp_path / "closed").chmod(0o700)
    assert scan.is_unseen("closed/x.jpg")
    assert "can't be listed" in scan.skipped[0].reason


def test_a_path_that_no_database_indexes_is_skipped(tmp_path: Path) -> None:
    write(tmp_path.joinpath(*["d" * 250] * 8, "x.jpg"))
    (skipped,) = scan_folder(tmp_path, tmp_path, 100).skipped
    assert "2000 bytes" in skipped.reason


def test_other_programs_folders_and_what_people_list_are_left_out(tmp_path: Path) -> None:
    for path in (
        "keep.jpg",
        "@eaDir/a.jpg",
        ".thumbnails/b.jpg",
        ".hidden.jpg",
        "$RECYCLE.BIN/c.jpg",
        "trips/raw/d.jpg",
        "trips/e.jpg",
        "trips/f-old.jpg",
        "other/raw/g.jpg",
        "other/h-old.jpg",
    ):
        write(tmp_path / path)
    (tmp_path / "trips" / ".imagesearchignore").write_text("# not these\n*-old.jpg\n/raw/\n")
    scan = scan_folder(tmp_path, tmp_path, 100, Exclusions(["other/h-*"]))
    assert [found.path for found in scan.candidates] == ["keep.jpg", "other/raw/g.jpg", "trips/e.jpg"]
    assert {"@eaDir", ".thumbnails", "trips/raw", "trips/f-old.jpg", "other/h-old.jpg"} < set(scan.left_out)


@pytest.mark.parametrize("below", ["trips/raw", "trips/raw/deep", "@eaDir", "trips/@eaDir/x"])
def test_a_folder_that_is_left_out_stays_so_when_it_alone_is_looked_through(
    tmp_path: Path, below: str
) -> None:
    write(tmp_path / below / "a.jpg")
    (tmp_path / "trips").mkdir(exist_ok=True)
    (tmp_path / "trips" / ".imagesearchignore").write_text("/raw/\n")
    scan = scan_folder(tmp_path, tmp_path / below, 100)
    assert scan.candidates == []
    assert scan.left_out == [below.removesuffix("/deep").removesuffix("/x")]


def test_lists_of_folders_above_hold_in_one_that_alone_is_looked_through(tmp_path: Path) -> None:
    for path in ("trips/2026/old.jpg", "trips/2026/new.jpg", "trips/raw/2026/x.jpg"):
        write(tmp_path / path)
    (tmp_path / "trips" / ".imagesearchignore").write_text("old.jpg\n")
    scan = scan_folder(tmp_path, tmp_path / "trips" / "2026", 100)
    assert [found.path for found in scan.candidates] == ["trips/2026/new.jpg"]


def test_what_is_no_picture_that_can_be_read_is_counted_by_kind(tmp_path: Path) -> None:
    for path in ("a.heic", "b.HEIC", "c.nef", "d.mp4", "notes.txt", "e.jpg", "f.SVG"):
        write(tmp_path / path)
    scan = scan_folder(tmp_path, tmp_path, 100)
    assert scan.unsupported == {"RAW": 1, "video": 1, "SVG": 1}
    assert [found.path for found in scan.candidates] == ["a.heic", "b.HEIC", "e.jpg"]
    assert scan_folder(tmp_path, tmp_path, 100, suffixes=frozenset((".nef",))).unsupported == {
        "HEIC": 2,
        "JPEG": 1,
        "video": 1,
        "SVG": 1,
    }


def test_linked_folders_are_followed_once_and_not_in_circles(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    write(root / "a.jpg")
    write(elsewhere / "trip" / "b.jpg")
    for link, to in {
        "1 trip": elsewhere / "trip",
        "2 the same": elsewhere / "trip",
        "3 around it": elsewhere,
        "4 itself": root,
        "5 above": tmp_path,
    }.items():
        (root / link).symlink_to(to)
    (elsewhere / "trip" / "back").symlink_to(elsewhere / "trip")
    (root / "6 gone").symlink_to(tmp_path / "gone")
    scan = scan_folder(root, root, 100, links=LinkRules(follow=True))
    assert [candidate.path for candidate in scan.candidates] == ["1 trip/b.jpg", "a.jpg"]
    assert scan.followed == {"1 trip": elsewhere / "trip", "3 around it": elsewhere}
    assert scan.is_unseen("6 gone/c.jpg"), "it may come back"
    assert scan_folder(root, root, 100).followed == {}
    inside = LinkRules(follow=True, below=(tmp_path / "allowed",))
    assert scan_folder(root, root, 100, links=inside).followed == {}


@dataclass(frozen=True)
class SwappingLinks(LinkRules):
    """While one link is looked at, somebody makes `swapped` lead to itself."""

    swapped: Path = Path()

    def allow(self, folder: Path) -> bool:
        self.swapped.unlink(missing_ok=True)
        self.swapped.symlink_to(self.swapped.name)
        return True


def test_a_link_that_cannot_be_resolved_stops_nothing(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(root / "a.jpg")
    for name in ("1 trip", "2 swapped", "3 trip"):
        write(tmp_path / name / "b.jpg")
        (root / name).symlink_to(tmp_path / name)
    scan = scan_folder(root, root, 100, links=SwappingLinks(True, (), root / "2 swapped"))
    assert [candidate.path for candidate in scan.candidates] == ["1 trip/b.jpg", "3 trip/b.jpg", "a.jpg"]
    assert [skipped.path for skipped in scan.skipped] == ["2 swapped"]
    assert "can't be listed" in scan.skipped[0].reason
    assert scan.is_unseen("2 swapped/b.jpg")


def test_what_the_kernel_makes_up_is_left_out(tmp_path: Path) -> None:
    system = {name for name in ("dev", "proc", "sys") if Path("/", name).is_dir()}
    others = Exclusions(file.name for file in Path("/").iterdir() if file.name not in system)
    scan = scan_folder(Path("/"), Path("/"), 100, others)
    assert system <= set(scan.left_out)
    assert (scan.candidates, scan.skipped) == ([], [])
    (tmp_path / "made up").symlink_to("/dev")
    assert scan_folder(tmp_path, tmp_path, 100, links=LinkRules(follow=True)).left_out == ["made up"]
