"""The ways in, one class each, the way out, and what measures; which one an item takes is chosen here."""

from dataclasses import dataclass

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.files.image_store import ImageStore
from aggregate_service.jobs.deleter import Deleter
from aggregate_service.jobs.sources.base import IntakeKind
from aggregate_service.jobs.sources.folder_file import FolderFileKind
from aggregate_service.jobs.sources.known_picture import KnownPictureKind
from aggregate_service.jobs.sources.link import LinkKind
from aggregate_service.jobs.sources.missing_picture import MissingPictureKind
from aggregate_service.jobs.sources.stored import StoredPictures
from aggregate_service.jobs.sources.upload import UploadKind
from aggregate_service.jobs.sources.vector_row import VectorRowKind
from aggregate_service.links.fetch import Downloader


@dataclass(frozen=True)
class IntakeKinds:
    """Each kind of job and the way in that its items take."""

    upload: UploadKind
    link: LinkKind
    vector_row: VectorRowKind
    folder_file: FolderFileKind
    known: KnownPictureKind
    missing: MissingPictureKind
    evaluation: IntakeKind
    improvement: IntakeKind

    def of(self, kind: str) -> IntakeKind:
        match kind:
            case "upload":
                return self.upload
            case "links":
                return self.link
            case "vectors":
                return self.vector_row
            case "folder":
                return self.folder_file
            case "restore":
                return self.known
            case "forget":
                return self.missing
            case "evaluation":
                return self.evaluation
            case "improvement":
                return self.improvement
        raise ValueError(f"{kind} is no kind of job")


def intake_kinds(
    catalog: Catalog,
    store: ImageStore,
    stored: StoredPictures,
    downloader: Downloader,
    deleter: Deleter,
    max_file_bytes: int,
    evaluation: IntakeKind,
    improvement: IntakeKind,
) -> IntakeKinds:
    links, known = LinkKind(stored, downloader), KnownPictureKind(catalog, store)
    return IntakeKinds(
        upload=UploadKind(stored),
        link=links,
        vector_row=VectorRowKind(stored.contents, catalog.roots, store, links),
        folder_file=FolderFileKind(catalog, store, known, max_file_bytes),
        known=known,
        missing=MissingPictureKind(catalog, deleter),
        evaluation=evaluation,
        improvement=improvement,
    )
