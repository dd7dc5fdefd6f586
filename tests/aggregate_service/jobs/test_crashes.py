"""A run of the write path that dies at any write is mended by the next one."""

from collections.abc import Awaitable, Callable

import pytest
from starlette.requests import Request
from starlette.responses import Response

from tests.aggregate_service.conftest import World, save_picture
from tests.aggregate_service.fakes import FakeSearch, colour_vector


class Killed(BaseException):
    """Stands for the end of the process at this very call."""


class DyingSearch(FakeSearch):
    """Dies before or after its nth write, for good."""

    def __init__(self, alive: FakeSearch, dies_at: int, after: bool) -> None:
        super().__init__(encoders=alive.encoders, vectors=alive.vectors)
        self.left, self.after = dies_at, after

    async def upsert(self, request: Request) -> Response:
        return await self._dying(super().upsert, request)

    async def delete(self, request: Request) -> Response:
        return await self._dying(super().delete, request)

    async def export(self, request: Request) -> Response:
        return await self._dying(super().export, request)

    async def _dying(self, write: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
        self.left -= 1
        if self.left < 0 or (self.left == 0 and not self.after):
            raise Killed
        answer = await write(request)
        if self.left == 0:
            raise Killed
        return answer


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("dies_at", range(1, 5))
def test_a_run_killed_at_any_write_is_mended_by_the_next(world: World, dies_at: int, after: bool) -> None:
    world.index()
    alive = world.search
    save_picture(world.folder / "blue.png", "red")
    (world.folder / "white.gif").unlink()
    for number in range(5):
        save_picture(world.folder / f"new-{number}.png", (number, 200, 100))
    world.search = DyingSearch(alive, dies_at, after)
    # Its writes: three batches, the export.
    until_killed(world)
    world.search = alive
    world.index()
    assert_sound(world)


def until_killed(world: World) -> None:
    died = False
    try:
        world.index()
    except* Killed:
        died = True
    assert died


def assert_sound(world: World) -> None:
    """Every picture in the folder is searchable exactly once, by the vector of its present content."""
    files = {path.relative_to(world.folder).as_posix() for path in world.folder.rglob("*.*")}
    paths = {id_: path for id_, path in enumerate(world.listed()) if path is not None}
    assert sorted(paths.values()) == sorted(files)
    assert world.vectors().keys() - paths.keys() == {0, 6}, "missing ones keep theirs"
    assert paths.keys() < world.vectors().keys()
    (blue,) = [id_ for id_, path in paths.items() if path == "blue.png"]
    assert world.vectors()[blue] == colour_vector((255, 0, 0)).round(3).tolist()
