"""Watched folders: what changes in them becomes folder jobs, a moment after it has settled."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from watchfiles import Change, awatch

from aggregate_service.files.links import LinkRules
from aggregate_service.jobs.exclusions import FILE, Exclusions, FolderRules
from aggregate_service.jobs.folder_jobs import FolderJobs, FolderRun
from aggregate_service.jobs.jobs import FOLDER, Jobs, NewItem
from aggregate_service.jobs.patience import steadily
from aggregate_service.jobs.scan import escaped
from picture_files.formats import SUFFIXES

log = logging.getLogger("aggregate.folders")
_SETTLED_MS = 400
_TOGETHER_MS = 1_600
_QUIET_MS = 1_000
_TRY_AGAIN_SECONDS = 10.0
Changes = Iterable[tuple[Change, str]]
Watch = Callable[[Path], AsyncIterator[Changes]]


def watched(folder: Path) -> AsyncIterator[Changes]:
    """What changed, in sets: after 0.4 s without a change, or 1.6 s at the latest; empty now and then."""
    return awatch(
        folder,
        watch_filter=None,
        debounce=_TOGETHER_MS,
        step=_SETTLED_MS,
        ignore_permission_denied=True,
        yield_on_timeout=True,
        rust_timeout=_QUIET_MS,
    )


class Watcher:
    """Follows folders until it is cancelled; a run at its start finds what changed while nobody looked.

    `begin` asks for that run, `followed` tells which links of a folder its last scan followed, and where to.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        jobs: Jobs,
        runs: FolderJobs,
        begin: Callable[[Path], object],
        followed: Callable[[Path], Mapping[str, Path]],
        watch: Watch = watched,
        suffixes: frozenset[str] = SUFFIXES,
        links: LinkRules | None = None,
        exclusions: Exclusions | None = None,
    ) -> None:
        self._folders = [folder.absolute() for folder in folders]
        self._jobs, self._runs, self._begin, self._followed = jobs, runs, begin, followed
        self._watch, self._suffixes = watch, suffixes
        self._links, self._exclusions = links or LinkRules(), exclusions or Exclusions()
        self._begun: set[Path] = set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for folder in self._folders:
                group.create_task(self._follow(folder))

    async def _follow(self, folder: Path) -> None:
        """A folder that isn't there (yet), or no longer, is looked for again; its pictures wait."""
        while True:
            if await _is_there(folder):
                await self._follow_changes(await run_in_threadpool(folder.resolve))
            else:
                log.warning("%s is to be watched, but there is no such folder", folder)
                if folder not in self._begun:
                    await self._run_first(folder)
            await asyncio.sleep(_TRY_AGAIN_SECONDS)

    async def _follow_changes(self, folder: Path) -> None:
        """The run at the start comes when it is being watched already: nothing falls between the two.

        Until the folder goes, or another is in its place: a watch stays with the one that it began with.
        """
        before = await run_in_threadpool(_identity, folder)
        started = False
        try:
            async for changes in self._watch(folder):
                if await run_in_threadpool(_identity, folder) != before:
                    await self._run_below(folder)
                    return
                if started:
                    await self._take_up(folder, {Path(path) for _, path in changes})
                else:
                    await self._run_first(folder)
                started = True
        except (OSError, RuntimeError) as error:  # no more watches to be had, or the folder is gone
            log.warning("%s can't be watched now: %s", folder, error)
            if folder not in self._begun or await run_in_threadpool(_identity, folder) != before:
                await self._run_first(folder)

    async def _take_up(self, root: Path, changed: set[Path]) -> None:
        """Picture files become items of one job; a folder that came, went or was renamed is run through."""
        folders, files = await steadily(partial(self._sort, root, changed))
        for folder in _outermost(folders):
            await self._run_below(folder)
        if files := {path for path in files if not _is_below(path, folders)}:
            items = [_item(root, path) for path in sorted(files)]
            await steadily(lambda: self._jobs.create(FOLDER, {"watched": str(root)}, items))

    def _sort(self, root: Path, changed: set[Path]) -> tuple[set[Path], set[Path]]:
        """Folders to look through, and picture files; what a rule leaves out is neither."""
        folders: set[Path] = set()
        files: set[Path] = set()
        followed = self._followed(root) if changed else {}
        rules = FolderRules(root, self._exclusions)
        for path in changed:
            here, behind_link = place_in(root, path), False
            if here is None:
                here, behind_link = _behind_link(root, path, followed), True
            if here is None:
                if self._leads_to_more(root, path.parent):  # by a link that no scan has followed yet
                    folders.add(root)
            elif rules.left_out_on_the_way(_listed(root, here)) is not None:
                continue
            elif (folder := self._folder_to_run(root, here)) is not None:
                folders.add(root if behind_link else folder)
            elif self._is_picture_file(here):
                files.add(here)
        return folders, files

    def _leads_to_more(self, root: Path, folder: Path) -> bool:
        """A scan follows the link to this folder: it leads elsewhere, and not in circles."""
        links = []
        try:
            for at in (folder, *folder.parents):
                if (real := at.resolve()).is_relative_to(root):  # whatever led here
                    break
                links.append(real)
        except (OSError, RuntimeError):
            return False
        circles = any(root.is_relative_to(real) for real in links)
        return not circles and any(self._links.allow(real) for real in links)

    def _is_picture_file(self, path: Path) -> bool:
        return path.suffix.lower() in self._suffixes and not path.is_dir()

    def _folder_to_run(self, root: Path, path: Path) -> Path | None:
        """The folder to look through for a change that isn't one of a picture file; None if there is none."""
        if path.is_dir():
            if path.is_symlink():
                return root if self._leads_to_more(root, path) else None
            return path
        if path.name == FILE:
            return path.parent
        if path.suffix.lower() in self._suffixes or path.exists():
            return None
        return next((parent for parent in path.parents if parent.is_dir()), root)

    async def _run_first(self, folder: Path) -> None:
        self._begun.add(folder)
        await steadily(partial(self._begin, folder))

    async def _run_below(self, folder: Path) -> None:
        await steadily(lambda: self._runs.request(FolderRun(str(folder))))


async def _is_there(folder: Path) -> bool:
    return await run_in_threadpool(folder.is_dir)


def _identity(folder: Path) -> tuple[int, int] | None:
    """Which folder lies there; None where none does, or its disk has failed."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def place_in(root: Path, path: Path) -> Path | None:
    """Where in `root` a change really was: a watch reports a folder by any of the links to it."""
    if path == root:
        return root
    try:
        folder = path.parent.resolve()
    except (OSError, RuntimeError):  # a link that can't be read, or one to itself
        return None
    return folder / path.name if folder.is_relative_to(root) else None


def _behind_link(root: Path, path: Path, followed: Mapping[str, Path]) -> Path | None:
    """The same file as a scan knows it, by the link that it follows; None where it follows none to it."""
    try:
        folder = path.parent.resolve()
    except (OSError, RuntimeError):
        return None
    holding = [(real, link) for link, real in followed.items() if folder.is_relative_to(real)]
    if not holding:
        return None
    real, link = max(holding, key=lambda one: len(one[0].parts))
    return root / link / folder.relative_to(real) / path.name


def _listed(root: Path, path: Path) -> str:
    """What rules are asked of: a list itself, which is hidden, says something of the folder it lies in."""
    path = path.parent if path.name == FILE and path != root else path
    return "" if path == root else path.relative_to(root).as_posix()


def _outermost(folders: set[Path]) -> list[Path]:
    return sorted(folder for folder in folders if not any(parent in folders for parent in folder.parents))


def _is_below(path: Path, folders: set[Path]) -> bool:
    return any(parent in folders for parent in path.parents)


def _item(root: Path, path: Path) -> NewItem:
    relative = path.relative_to(root).as_posix()
    return NewItem({"name": escaped(relative), "root": str(root), "path": relative})
