"""The parts that routes work with, as `create_app` built them."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from aggregate_service.access.control import AccessControl
from aggregate_service.access.rates import Rates
from aggregate_service.backup.taking import Backups
from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.clients.embedding import EmbeddingClient
from aggregate_service.config import Settings
from aggregate_service.evaluation.evaluations import Evaluations
from aggregate_service.files.content_store import ContentStore
from aggregate_service.files.image_store import ImageStore
from aggregate_service.improvement.improvements import Improvements
from aggregate_service.jobs.deleter import Deleter
from aggregate_service.jobs.folders import Folders
from aggregate_service.jobs.jobs import Jobs
from aggregate_service.jobs.portable import Portable
from aggregate_service.jobs.vectors_stored import StoredVectors
from aggregate_service.search.linked import LinkedPictures
from aggregate_service.search.searcher import Searcher
from aggregate_service.web.page.pages import Pages
from aggregate_service.web.search_tasks import SearchTasks
from aggregate_service.web.status import StatusBoard
from aggregate_service.web.uploading import Uploads
from service_kit.metrics import Metrics


@dataclass(frozen=True)
class Parts:
    settings: Settings
    catalog: Catalog
    backups: Backups
    portable: Portable
    store: ImageStore
    stored: StoredVectors
    deleter: Deleter
    folders: Folders
    jobs: Jobs
    contents: ContentStore
    uploads: Uploads
    tasks: SearchTasks
    evaluations: Evaluations
    improvements: Improvements
    embedding: EmbeddingClient
    searcher: Searcher
    linked: LinkedPictures
    status: StatusBoard
    page: Pages
    metrics: Metrics
    access: AccessControl
    rates: Rates


async def wiring(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


Wired = Annotated[Parts, Depends(wiring)]
