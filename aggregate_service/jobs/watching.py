"""Watched folders: what changes in them becomes folder jobs, a moment after it has settled."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from watchfiles import Change, awatch

from aggregate_service.files.links import LinkRules
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
    """Follows folders until it is cancelled; a run at its start finds what changed while nobody looked."""

    def __init__(
        self,
        folders: Sequence[Path],
        jobs: Jobs,
        runs: FolderJobs,
        watch: Watch = watched,
        suffixes: frozenset[str] = SUFFIXES,
        links: LinkRules | None = None,
    ) -> None:
        self._folders = [folder.absolute() for folder in folders]
        self._jobs, self._runs, self._watch, self._suffixes = jobs, runs, watch, suffixes
        self._links = links or LinkRules()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for folder in self._folders:
                group.create_task(self._follow(folder))

    async def _follow(self, folder: Path) -> None:
        """A folder that isn't there (yet), or no longer, is looked for again."""
        while True:
            if await _is_there(folder):
                await self._follow_changes(await run_in_threadpool(folder.resolve))
            else:
                log.warning("%s is to be watched, but there is no such folder", folder)
            await asyncio.sleep(_TRY_AGAIN_SECONDS)

    async def _follow_changes(self, folder: Path) -> None:
        """The run at the start comes when it is being watched already: nothing falls between the two."""
        started = False
        try:
            async for changes in self._watch(folder):
                if not await _is_there(folder):
                    return
                if started:
                    await self._take_up(folder, {Path(path) for _, path in changes})
                else:
                    await self._run_below(folder)
                started = True
        except (OSError, RuntimeError) as error:  # no more watches to be had, or the folder is gone
            log.warning("%s can't be watched now: %s", folder, error)

    async def _take_up(self, root: Path, changed: set[Path]) -> None:
        """Picture files become items of one job; a folder that came, went or was renamed is run through."""
        folders, files = await run_in_threadpool(self._sort, root, changed)
        for folder in _outermost(folders):
            await self._run_below(folder)
        if files := {path for path in files if not _is_below(path, folders)}:
            items = [_item(root, path) for path in sorted(files)]
            await steadily(lambda: self._jobs.create(FOLDER, {"watched": str(root)}, items))

    def _sort(self, root: Path, changed: set[Path]) -> tuple[set[Path], set[Path]]:
        """Folders to look through, and picture files; only a scan knows by which link it follows a folder."""
        folders: set[Path] = set()
        files: set[Path] = set()
        for path in changed:
            here = place_in(root, path)
            if here is None and not self._leads_to_more(root, path.parent):
                continue
            if (folder := self._folder_to_run(root, here or path)) is not None:
                folders.add(folder if here else root)
            elif self._is_picture_file(here or path):
                (files if here else folders).add(here or root)
        return folders, files

    def _leads_to_more(self, root: Path, folder: Path) -> bool:
        """A scan follows the link to this folder: it leads elsewhere, and not in circles."""
        try:
            links = [
                at.resolve() for at in (folder, *folder.parents) if at != root and at.is_relative_to(root)
            ]
        except (OSError, RuntimeError):
            return False
        circles = any(root.is_relative_to(real) for real in links)
        return not circles and any(not at.is_relative_to(root) and self._links.allow(at) for at in links)

    def _is_picture_file(self, path: Path) -> bool:
        return path.suffix.lower() in self._suffixes and not path.is_dir()

    def _folder_to_run(self, root: Path, path: Path) -> Path | None:
        """The folder to look through for a change that isn't one of a picture file; None if there is none."""
        if path.is_dir():
            if path.is_symlink():
                return root if self._leads_to_more(root, path) else None
            return path
        if path.suffix.lower() in self._suffixes or path.exists():
            return None
        if path.name.startswith("."):  # a program's own file went
            return None
        return next((parent for parent in path.parents if parent.is_dir()), root)

    async def _run_below(self, folder: Path) -> None:
        await steadily(lambda: self._runs.request(FolderRun(str(folder))))


async def _is_there(folder: Path) -> bool:
    return await run_in_threadpool(folder.is_dir)


def place_in(root: Path, path: Path) -> Path | None:
    """Where in `root` a change really was: a watch reports a folder by any of the links to it."""
    if path == root:
        return root
    try:
        folder = path.parent.resolve()
    except (OSError, RuntimeError):  # a link that can't be read, or one to itself
        return None
    return folder / path.name if folder.is_relative_to(root) else None


def _outermost(folders: set[Path]) -> list[Path]:
    return sorted(folder for folder in folders if not any(parent in folders for parent in folder.parents))


def _is_below(path: Path, folders: set[Path]) -> bool:
    return any(parent in folders for parent in path.parents)


def _item(root: Path, path: Path) -> NewItem:
    relative = path.relative_to(root).as_posix()
    return NewItem({"name": escaped(relative), "root": str(root), "path": relative})
