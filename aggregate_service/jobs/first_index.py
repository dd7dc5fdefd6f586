"""The folders of the start: asked to be indexed when the service starts, and whether they have been once."""

from collections.abc import Sequence

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
    ) -> None:
        self._gallery, self._jobs, self._folders = gallery, jobs, folders
        self._served, self._runs = served, [*([served] if served else []), *watched]
        self._asked: dict[FolderRun, str] = {}
        self._ended_in: set[str] = set()

    def request(self) -> None:
        """Ask for the runs; what was interrupted before is taken up again."""
        self._asked = {run: self._folders.take_up(run).id for run in self._runs}

    @property
    def job_id(self) -> str | None:
        """The job that indexes the folder that is served."""
        return self._asked.get(self._served) if self._served else None

    def progress(self, collection: str) -> Indexing | None:
        """None when each folder has been indexed into this collection, or couldn't be."""
        if collection in self._ended_in:  # every search asks
            return None
        under_way = [job for job in self._open(collection) if not job.ended]
        if not under_way:
            self._ended_in.add(collection)
            return None
        return Indexing(done=sum(job.done for job in under_way), total=sum(job.total for job in under_way))

    def failure(self, collection: str) -> str | None:
        """Why not even the first index of the folder that is served could be made, if so."""
        for job in self._open(collection):
            if job.id == self.job_id and job.state == FAILED:
                return job.errors[0].detail if job.errors else "The first index failed."
        return None

    def _open(self, collection: str) -> list[Job]:
        """The jobs of folders that have never been indexed as a whole."""
        missing = [
            id_ for run, id_ in self._asked.items() if not self._gallery.is_indexed(run.path, collection)
        ]
        return [self._jobs.get(job_id) for job_id in missing]
