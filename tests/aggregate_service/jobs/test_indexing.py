"""The write path: what is new, changed and gone; disagreements with the search service."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.requests import Request
from starlette.responses import Response

from aggregate_service.errors import CannotIndex
from aggregate_service.jobs import scanner
from aggregate_service.jobs.scan import Scan, scan_folder
from aggregate_service.jobs.vectors_stored import StoredVectors
from tests.aggregate_service.conftest import PICTURES, Report, World, save_picture
from tests.aggregate_service.fakes import COLLECTION, FakeEmbedding, FakeSearch, colour_vector, problem
from tests.aggregate_service.samples import all_pictures


def test_a_first_run_indexes_everything_from_id_0(world: World) -> None:
    report = world.index(label="L", notice="N")
    assert (report.added, report.embedded, report.indexed, report.skipped) == (7, 7, 7, {})
    assert world.listed() == list(PICTURES)
    assert sorted(world.vectors()) == list(range(7))
    assert world.vectors()[5] == colour_vector((254, 0, 0)).round(3).tolist()
    assert world.search.default == COLLECTION
    assert world.search.exported == [COLLECTION]


def test_a_second_run_embeds_nothing(world: World) -> None:
    world.index()
    world.embedding.embedded_files.clear()
    report = world.index()
    assert (report.added, report.changed, report.removed, report.embedded) == (0, 0, 0, 0)
    assert world.embedding.embedded_files == []


def test_new_changed_touched_and_removed_files(world: World) -> None:
    world.index()
    world.embedding.embedded_files.clear()
    save_picture(world.folder / "new.png", "yellow")
    save_picture(world.folder / "blue.png", "red")
    os.utime(world.folder / "grey.png", ns=(1, 1))
    (world.folder / "white.gif").unlink()
    report = world.index()
    assert (report.added, report.changed, report.removed, report.embedded) == (1, 1, 1, 2)
    assert sorted(world.embedding.embedded_files) == ["blue.png", "new.png"]
    assert world.listed()[:7] == [None, *list(PICTURES)[1:6], None]
    assert sorted(filter(None, world.listed()[7:])) == ["blue.png", "new.png"]
    blue = world.listed().index("blue.png")
    assert world.vectors()[blue] == colour_vector((255, 0, 0)).round(3).tolist()
    assert world.index().embedded == 0


def test_a_tag_costs_no_vector_and_a_turn_does(world: World) -> None:
    world.index()
    file = world.folder / "red.jpg"
    picture = file.read_bytes()
    file.write_bytes(picture[:2] + b"\xff\xfe\x00\x05abc" + picture[2:])  # a comment
    report = world.index()
    assert (report.added, report.changed, report.removed, report.embedded) == (0, 0, 0, 0)
    turned = Image.Exif()
    turned[0x0112] = 3
    said = turned.tobytes()
    file.write_bytes(picture[:2] + b"\xff\xe1" + (len(said) + 2).to_bytes(2) + said + picture[2:])
    report = world.index()
    assert (report.added, report.changed, report.removed, report.embedded) == (0, 1, 0, 1)
    assert world.listed() == list(PICTURES)


class Stumbling(FakeSearch):
    """Breaks in a way that nobody foresaw, the first `left` times that it is asked for `what`."""

    def __init__(self, what: str, left: int) -> None:
        super().__init__()
        self.what, self.left = what, left

    async def ids(self, request: Request) -> Response:
        self._stumble("ids")
        return await super().ids(request)

    async def export(self, request: Request) -> Response:
        self._stumble("export")
        return await super().export(request)

    def _stumble(self, what: str) -> None:
        if what == self.what and self.left:
            self.left -= 1
            raise RuntimeError


@pytest.mark.parametrize("what", ["ids", "export"], ids=["scanning", "finishing"])
def test_a_scan_that_fails_unexpectedly_is_tried_twice_more(world: World, what: str) -> None:
    world.search = search = Stumbling(what, 2)
    assert world.index().indexed == 7
    search.left = 3
    with pytest.raises(CannotIndex, match="Something went wrong inside"):
        world.index()
    assert world.index().indexed == 7


def test_a_file_that_comes_back_is_the_picture_that_it_was(world: World) -> None:
    world.index()
    catalog = world.catalog()
    catalog.set_title(6, "Snow")
    picture = (world.folder / "white.gif").read_bytes()
    (world.folder / "white.gif").unlink()
    assert world.index().removed == 1
    assert world.listed()[6:] == [None]
    assert catalog.hidden() == [6]
    world.embedding.embedded_files.clear()
    (world.folder / "elsewhere.gif").write_bytes(picture)
    assert world.index().embedded == 0
    assert world.listed()[6:] == ["elsewhere.gif", None]
    back = catalog.picture(6)
    assert back is not None
    assert (back.title, back.missing_since) == ("Snow", None)
    catalog.close()
    assert world.embedding.embedded_files == []


def renamed(world: World) -> dict[str, int]:
    return {path: id_ for id_, path in enumerate(world.listed()) if path is not None}


def test_renamed_moved_and_swapped_files_keep_their_ids(world: World, tmp_path: Path) -> None:
    world.index()
    before = renamed(world)
    (world.folder / "deep").rename(world.folder / "Deep")
    (world.folder / "blue.png").rename(world.folder / "BLUE.png")
    (world.folder / "red.jpg").rename(tmp_path / "aside")
    (world.folder / "dark-red.jpg").rename(world.folder / "red.jpg")
    (tmp_path / "aside").rename(world.folder / "dark-red.jpg")
    world.embedding.embedded_files.clear()
    report = world.index()
    assert (report.embedded, world.embedding.embedded_files) == (0, [])
    after = renamed(world)
    was = {"Deep/green.webp": "deep/green.webp", "BLUE.png": "blue.png", "red.jpg": "dark-red.jpg"}
    was["dark-red.jpg"] = "red.jpg"
    assert after == {path: before[was.get(path, path)] for path in after}
    assert len(after) == 7


def test_a_mount_that_goes_away_hides_its_pictures_and_loses_none(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `umount` shows it: the folder is there, empty, on the device of the one above it."""
    real = scan_folder
    device = "nas"

    def mounted(*given: Any) -> Scan:
        scan = real(*given)
        scan.devices.update({path: device for path in scan.devices if path.startswith("deep")})
        return scan

    monkeypatch.setattr(scanner, "scan_folder", mounted)
    world.index()
    picture = (world.folder / "deep" / "green.webp").read_bytes()
    (world.folder / "deep" / "green.webp").unlink()
    monkeypatch.setattr(scanner, "scan_folder", real)
    for _ in range(2):
        report = world.index()
        assert (report.indexed, report.removed) == (6, 0)
    catalog = world.catalog()
    assert catalog.hidden_counts() == (0, 1)
    device = "another number, as after a restart"
    monkeypatch.setattr(scanner, "scan_folder", mounted)
    (world.folder / "deep" / "green.webp").write_bytes(picture)
    world.embedding.embedded_files.clear()
    assert (world.index().indexed, catalog.hidden(), world.embedding.embedded_files) == (7, [], [])
    assert world.listed()[2] == "deep/green.webp"
    catalog.close()


def test_bad_files_are_named_and_the_rest_goes_on(world: World) -> None:
    (world.folder / "a-text.jpg").write_text("text")
    (world.folder / "b-empty.jpg").touch()
    truncated = save_picture(world.folder / "c-truncated.bmp", "red", (50, 50))
    truncated.write_bytes(truncated.read_bytes()[:1000])
    report = world.index()
    assert report.skipped.keys() == {"a-text.jpg", "b-empty.jpg", "c-truncated.bmp"}
    assert all(report.skipped.values())
    assert report.indexed == 7
    assert len(world.vectors()) == 7
    assert world.index().indexed == 7


def test_a_picture_that_turns_bad_leaves_the_results(world: World) -> None:
    world.index()
    (world.folder / "blue.png").write_text("no picture any more")
    report = world.index()
    assert [*report.skipped] == ["blue.png"]
    assert world.listed()[0] is None
    save_picture(world.folder / "blue.png", "blue")
    assert world.index().embedded == 0
    assert world.listed()[0] == "blue.png"


def test_an_empty_or_missing_folder_hides_its_pictures_and_loses_none(world: World, tmp_path: Path) -> None:
    world.index()
    aside = tmp_path / "aside"
    world.folder.rename(aside)
    catalog = world.catalog()
    for there in (False, True):
        if there:
            world.folder.mkdir()
        with pytest.raises(CannotIndex):
            world.index()
        assert catalog.hidden_counts() == (0, 7)
    world.folder.rmdir()
    aside.rename(world.folder)
    assert (world.index().indexed, catalog.hidden()) == (7, [])
    with pytest.raises(CannotIndex, match="no such folder"):
        world.index(tmp_path / "missing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CannotIndex, match="no pictures"):
        world.index(tmp_path / "empty")
    assert len(world.vectors()) == 7
    catalog.close()


def test_a_part_of_the_folder_leaves_the_rest_alone(world: World) -> None:
    world.index()
    (world.folder / "blue.png").unlink()
    (world.folder / "deep" / "green.webp").unlink()
    save_picture(world.folder / "deep" / "lime.png", "lime")
    report = world.index(world.folder / "deep")
    assert (report.added, report.removed) == (1, 1)
    assert world.listed()[0] == "blue.png"
    assert world.listed()[-1] == "deep/lime.png"


def test_another_folder_joins_the_first(world: World, tmp_path: Path) -> None:
    world.index()
    other = save_picture(tmp_path / "other" / "blue.png", "navy").parent
    report = world.index(other)
    assert (report.added, report.removed, report.indexed) == (1, 0, 8)
    assert world.listed() == [*PICTURES, str(other / "blue.png")]
    assert world.vectors()[7] == colour_vector((0, 0, 128)).round(3).tolist()
    assert world.index().indexed == 8
    (other / "blue.png").unlink()
    save_picture(other / "green.png", "lime")
    report = world.index(other)
    assert (report.added, report.removed, report.indexed) == (1, 1, 8)


def test_a_folder_around_one_that_is_indexed_leaves_its_pictures_to_it(world: World) -> None:
    """In both, a tag that is written would make another picture, and a deleted file would stay in one."""
    world.index(world.folder / "deep")
    assert world.index().indexed == len(PICTURES)
    catalog = world.catalog()
    inner, outer = catalog.roots.all()
    counts = catalog.roots.picture_counts()
    assert (counts[inner.id], counts[outer.id]) == (1, len(PICTURES) - 1)
    catalog.close()
    (world.folder / "deep" / "green.webp").unlink()
    save_picture(world.folder / "deep" / "new.png", (1, 2, 3))
    world.index()
    world.index()  # comes after the scan of the inner one, for which the first has asked
    assert len(world.vectors()) == len(PICTURES) + 1
    catalog = world.catalog()
    assert [catalog.pictures([id_])[id_].path for id_ in catalog.hidden()] == ["green.webp"]
    catalog.close()


def test_a_folder_may_hold_nothing_but_one_that_is_indexed(world: World, tmp_path: Path) -> None:
    world.index()
    assert world.index(tmp_path).indexed == len(PICTURES)


def test_a_launched_folder_around_the_one_launched_before_has_its_pictures(world: World) -> None:
    world.index(world.folder / "deep", launched=True)
    assert world.index(launched=True).indexed == len(PICTURES)
    catalog = world.catalog()
    (root,) = catalog.roots.all()
    assert catalog.roots.picture_counts() == {root.id: len(PICTURES)}
    catalog.close()


def test_a_launched_folder_takes_the_place_of_the_one_launched_before(world: World, tmp_path: Path) -> None:
    world.index(launched=True)
    other = save_picture(tmp_path / "other" / "blue.png", "navy").parent
    report = world.index(other, launched=True)
    assert (report.removed, report.indexed) == (7, 1)
    assert world.listed() == [*[None] * 7, "blue.png"]
    catalog = world.catalog()
    assert catalog.hidden() == list(range(7))
    catalog.close()
    assert world.index(launched=True).indexed == 7
    assert world.listed() == [*PICTURES, None]


def test_the_same_content_is_one_picture_wherever_it_lies(world: World, tmp_path: Path) -> None:
    content = (world.folder / "red.jpg").read_bytes()
    other = tmp_path / "other"
    other.mkdir()
    for copy in (world.folder / "a-copy.jpg", world.folder / "z-copy.jpg", other / "copy.jpg"):
        copy.write_bytes(content)
    world.index()
    assert world.index(other).indexed == 7
    catalog = world.catalog()
    reds = {"a-copy.jpg", "copy.jpg", "red.jpg", "z-copy.jpg"}
    (red,) = [picture for picture in all_pictures(catalog) if picture.path in reds]
    catalog.close()
    assert sorted(world.vectors()) == sorted(id_ for id_, path in enumerate(world.listed()) if path)
    assert len(world.vectors()) == 7
    world.embedding.embedded_files.clear()
    for gone in (world.folder / "a-copy.jpg", world.folder / "red.jpg", world.folder / "z-copy.jpg"):
        gone.unlink()
    report = world.index()
    assert (report.removed, report.indexed, world.embedding.embedded_files) == (0, 7, [])
    assert world.listed()[red.id] == str(other / "copy.jpg")


def test_a_copy_that_changes_becomes_a_picture_of_its_own(world: World) -> None:
    (world.folder / "copy.jpg").write_bytes((world.folder / "red.jpg").read_bytes())
    world.index()
    save_picture(world.folder / "copy.jpg", "yellow")
    report = world.index()
    assert (report.changed, report.indexed) == (1, 8)
    assert "red.jpg" in world.listed()
    assert "copy.jpg" in world.listed()


def test_a_file_that_becomes_a_copy_hides_what_it_was(world: World) -> None:
    world.index()
    (world.folder / "blue.png").write_bytes((world.folder / "red.jpg").read_bytes())
    report = world.index()
    assert report.indexed == 6
    assert world.listed()[0] is None
    catalog = world.catalog()
    assert catalog.hidden() == [0]
    catalog.close()


def test_what_lies_elsewhere_follows_to_another_encoder(world: World, tmp_path: Path) -> None:
    world.index()
    world.embedding.fingerprint = "newer@2:4"
    other = save_picture(tmp_path / "other" / "navy.png", "navy").parent
    assert world.index(other).indexed == 8
    assert len(world.search.vectors["newer-2-4"]) == 8


def test_another_encoder_gets_its_own_collection(world: World) -> None:
    world.index()
    world.embedding.fingerprint = "newer@2:4"
    assert world.index().embedded == 7
    assert set(world.search.vectors) == {COLLECTION, "newer-2-4"}
    assert world.search.default == "newer-2-4"


def test_vectors_that_the_search_service_lost_are_made_again(world: World) -> None:
    world.index()
    del world.search.vectors[COLLECTION][3]
    assert world.index().embedded == 1
    world.search.vectors.clear()
    assert world.index().embedded == 7
    assert sorted(world.vectors()) == list(range(7))


def test_vectors_that_nobody_knows_stay_and_their_ids_are_left_alone(world: World) -> None:
    world.index()
    world.search.vectors[COLLECTION][1234] = np.ones(4, np.float32)
    save_picture(world.folder / "new.png", "yellow")
    world.index()
    assert sorted(world.vectors()) == [*range(7), 1234, 1235]
    assert world.vectors()[1234] == [1, 1, 1, 1]


def test_another_catalogues_vectors_are_left_alone_until_they_are_adopted(world: World) -> None:
    world.index()
    before = world.vectors()
    for file in (world.settings.catalog_path, world.settings.images_path_file):
        file.unlink()
    (world.folder / "blue.png").unlink()
    with pytest.raises(CannotIndex, match="belongs to another catalogue"):
        world.index()
    assert world.vectors() == before
    asyncio.run(adopted(world))
    assert world.index().indexed == 6
    assert sorted(world.vectors()) == list(range(13)), "nobody's vectors are never deleted"
    assert {id_: world.vectors()[id_] for id_ in range(7)} == before


async def adopted(world: World) -> None:
    catalog, search = world.catalog(), world.search_client()
    search.write_for(catalog.identity)
    await StoredVectors(catalog, search).adopt(COLLECTION)
    await search.close()
    catalog.close()


def test_vectors_of_an_older_version_become_ours_if_we_know_them_all(world: World) -> None:
    world.index()
    world.search.owners.clear()
    assert world.index().embedded == 0
    assert world.search.owners[COLLECTION] is not None
    world.search.owners.clear()
    world.search.vectors[COLLECTION][1234] = np.ones(4, np.float32)
    with pytest.raises(CannotIndex, match="belong to no catalogue"):
        world.index()


def test_an_imported_index_is_taken_over_without_embedding(world: World) -> None:
    names = ["red.jpg", None, "blue.png", "vanished.png"]
    world.settings.images_path_file.parent.mkdir(parents=True)
    world.settings.images_path_file.write_text(json.dumps(names))
    world.search.encoders[COLLECTION] = world.embedding.fingerprint
    world.search.vectors[COLLECTION] = {i: np.eye(4, dtype=np.float32)[i] for i in (0, 2, 3)}
    report = world.index()
    assert (report.added, report.removed, report.embedded) == (5, 1, 5)
    assert not {"red.jpg", "blue.png"} & set(world.embedding.embedded_files)
    assert world.vectors()[2] == [0, 0, 1, 0]
    assert world.listed()[:4] == ["red.jpg", None, "blue.png", None]
    save_picture(world.folder / "blue.png", "navy")
    assert world.index().embedded == 1


def test_a_busy_embedding_service_is_waited_for(world: World) -> None:
    world.embedding = BusyEmbedding(refusals=3)
    assert world.index().embedded == 7


class BusyEmbedding(FakeEmbedding):
    """Full the first few times."""

    def __init__(self, refusals: int) -> None:
        super().__init__()
        self.left = refusals

    async def embed_image(self, request: Request) -> Response:
        self.left -= 1
        if self.left >= 0:
            return problem(429, "Full.", headers={"Retry-After": "0"})
        return await super().embed_image(request)


def test_an_encoder_that_changes_meanwhile_gets_every_picture(world: World) -> None:
    class Changing(FakeEmbedding):
        async def embed_image(self, request: Request) -> Response:
            if len(self.embedded_files) >= 3:
                self.fingerprint = "newer@2:4"
            return await super().embed_image(request)

    world.embedding = Changing()
    assert world.index().indexed == 7
    assert sorted(world.search.vectors["newer-2-4"]) == list(range(7))
    assert world.search.default == "newer-2-4"


def test_what_the_search_service_refuses_is_each_pictures_error(world: World) -> None:
    world.search.refusals = [problem(409, "Another encoder.") for _ in range(40)]
    with pytest.raises(CannotIndex, match="Another encoder"):
        world.index()
    world.search.refusals.clear()
    assert world.index().indexed == 7


def test_services_that_are_away_are_waited_for(world: World) -> None:
    class Away(FakeEmbedding):
        asked = asyncio.Event()

        async def ready(self, request: Request) -> Response:
            self.asked.set()
            return await super().ready(request)

    away = world.embedding = Away(refusal=problem(503, "No weights."))

    async def both() -> Report:
        run = asyncio.ensure_future(world.index_async(world.folder))
        await away.asked.wait()
        away.refusal = None
        return await run

    assert asyncio.run(both()).indexed == 7


def test_searching_goes_on_while_indexing(world: World) -> None:
    world.index()

    async def both() -> None:
        client, search = world.embedding_client(), world.search_client()
        embedded = await client.embed_images([("red", (world.folder / "red.jpg").read_bytes())])
        run = asyncio.ensure_future(world.index_async(world.folder))
        while not run.done():
            found = await search.search(embedded.vectors, 1, embedded.fingerprint)
            assert found.indexes == [[5]]
        await run
        await client.close()
        await search.close()

    asyncio.run(both())
