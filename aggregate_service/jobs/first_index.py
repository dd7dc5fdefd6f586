"""The folders of the start: asked to be indexed when the service starts, and whether they have been once."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, Field

from aggregate_service.catalogue.gallery import Gallery
from aggregate_service.jobs.folder_jobs import FolderJobs, FolderRun
from aggregate_service.jobs.jobs import FAILED, Job, Jobs


class Indexing(BaseModel):
    """How far the first index is; both are 0 until the folder has been looked through."""

    done: int = Field(examples=[64])
    total: int = Field(examples=[128])


class FirstIndex:
    """Until it has ended, searches are answered from what is there already, and say so."""

    def __init__(
        self,
        gallery: Gallery,
        jobs: Jobs,
        folders: FolderJobs,
        served: FolderRun | None,
        watched: Sequence[FolderRun] = (),
        kept: Sequence[FolderRun] = (),
    ) -> None:
        """`kept` are scanned, and not waited for: a restored catalogue has them."""
        self._gallery, self._jobs, self._folders = gallery, jobs, folders
        self._served, self._kept = served, kept
        self._once_watched = {run.path: run for run in watched}
        if served is not None and served.path in self._once_watched:
            self._once_watched[served.path] = served
        self._asked: dict[FolderRun, str] = {}
        self._ended_in: set[str] = set()

    def request(self) -> None:
        """Ask for the runs; what was interrupted before is taken up again.

        One of a folder that is watched comes with the watch (`begin`), else it would be run twice.
        """
        if self._served is not None and self._served.path not in self._once_watched:
            self._ask(self._served)
        named = {*self._once_watched, *([self._served.path] if self._served else [])}
        for run in self._kept:
            if run.path not in named:
                self._folders.take_up(run)

    def begin(self, folder: Path) -> None:
        """It is watched from now on: the run of the start, and later ones as the watch begins anew."""
        run = self._once_watched.get(folder)
        if run is None or run in self._asked:
            self._folders.request(FolderRun(str(folder)))
        else:
            self._ask(run)

    def _ask(self, run: FolderRun) -> None:
        self._asked[run] = self._folders.take_up(run).id

    @property
    def job_id(self) -> str | None:
        """The job that indexes the folder that is served."""
        return self._asked.get(self._served) if self._served else None

    @property
    def awaits_watch(self) -> bool:
        """The folder that is served has no job yet, and gets one in a moment."""
        return self._served in self._once_watched.values() and self.job_id is None

    def progress(self, collection: str) -> Indexing | None:
        """None when each folder has been indexed into this collection, or couldn't be."""
        if collection in self._ended_in:  # every search asks
            return None
        under_way = [job for job in self._open(collection) if not job.ended]
        if not under_way and not self._is_waited_for(collection):
            self._ended_in.add(collection)
            return None
        return Indexing(done=sum(job.done for job in under_way), total=sum(job.total for job in under_way))

    def failure(self, collection: str) -> str | None:
        """Why not even the first index of the folder that is served could be made, if so."""
        for job in self._open(collection):
            if job.id == self.job_id and job.state == FAILED:
                return job.errors[0].detail if job.errors else "The first index failed."
        return None

    def _is_waited_for(self, collection: str) -> bool:
        """A folder that was never indexed as a whole is about to be watched."""
        waiting = (run for run in self._once_watched.values() if run not in self._asked)
        return any(not self._gallery.is_indexed(run.path, collection) for run in waiting)

    def _open(self, collection: str) -> list[Job]:
        """The jobs of folders that have never been indexed as a whole."""
        missing = [
            id_
            for run, id_ in list(self._asked.items())  # a watch may begin meanwhile
            if not self._gallery.is_indexed(run.path, collection)
        ]
        return [self._jobs.get(job_id) for job_id in missing]
