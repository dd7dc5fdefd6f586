"""What the aggregate service answers, as programs read it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from aggregate_service.catalogue.catalog import Picture
from aggregate_service.catalogue.paging import Page
from aggregate_service.catalogue.records import moment_of
from aggregate_service.catalogue.timeline import Month
from aggregate_service.jobs.first_index import Indexing
from aggregate_service.jobs.purging import DAY
from service_kit.messages.message import members
from service_kit.messages.sentence import Sentence

_PLAIN = r"^[^\x00-\x1f\x7f]*$"  # no line breaks, nothing that a database can't hold


def _is_none(value: object) -> bool:
    return value is None


def _is_false(value: object) -> bool:
    return value is False


def _is_empty(value: object) -> bool:
    return value == []


_NOTES = "What to know about the question: a label or folder that no picture has, words that were cut."


class SimilarPicture(BaseModel):
    """One hit; a higher score is nearer (cosine similarity)."""

    index: int = Field(description="The picture's id.", examples=[17])
    score: float = Field(examples=[0.871])
    relevance: float = Field(
        description="0 to 1: how far it stands out from what the query scores over the whole collection.",
        examples=[0.62],
    )
    path: str = Field(description="Relative to the folder that is indexed.", examples=["000000000094.jpg"])
    title: str | None = None
    labels: list[str] = []
    source_url: str | None = Field(None, description="The link that it was downloaded from.")
    width: int | None = Field(None, description="As displayed: EXIF orientation applied.")
    height: int | None = None
    url: str = Field(examples=["/images/17/file"])
    view_url: str = Field(description="What browsers show: a WebP of HEIC, RAW and TIFF.")
    thumbnail_url: str = Field(examples=["/images/17/thumbnail?v=8f3a1c20d5e7"])
    taken: str | None = Field(
        None, description="When it was taken, by its own clock.", examples=["2026-03-01T12:30:05+01:00"]
    )
    duplicates: int | None = Field(
        None, exclude_if=_is_none, description="With `collapse`: how many near-duplicates are folded into it."
    )


_NOTHING_CLOSE = "True when even the best hit hardly stands out: there may be nothing like it here."


class UploadResult(BaseModel):
    """What is similar to one upload, or the problem with it."""

    filename: str = Field(examples=["dog.jpg"])
    similar: list[SimilarPicture] | None = Field(None, exclude_if=_is_none, description="Best first.")
    nothing_close: bool | None = Field(None, exclude_if=_is_none, description=_NOTHING_CLOSE)
    problem: dict[str, Any] | None = Field(
        None, exclude_if=_is_none, description="Instead of `similar`: `type`, `title`, `status`, `detail`."
    )


class WordsResult(BaseModel):
    """What fits the question."""

    text: str = Field(description="The question in words.", examples=["a red bus", "picture 17 − night"])
    similar: list[SimilarPicture] = Field(description="Best first.")
    nothing_close: bool = Field(description=_NOTHING_CLOSE)


class _Answered(BaseModel):
    model: str = Field(examples=["openai/clip-vit-base-patch32"])
    fingerprint: str = Field(
        description="Name, revision and dimension of the encoder.",
        examples=["openai/clip-vit-base-patch32@c237dc49a33f:512"],
    )
    notice: str | None = Field(None, description="What to know about the encoder, if anything.")
    indexing: Indexing | None = Field(
        None,
        exclude_if=_is_none,
        description="While the first index goes on: how far it is. Nearer pictures may still come.",
    )

    truncated: bool = Field(
        False,
        exclude_if=_is_false,
        description="The words are longer than the encoder reads: only their beginning counted.",
    )
    notes: list[Sentence] = Field([], exclude_if=_is_empty, description=_NOTES)


class SearchAnswer(_Answered):
    """One result for each upload, in the order of upload."""

    results: list[UploadResult]


class WordsAnswer(_Answered):
    """The one result of a question that is one query."""

    results: list[WordsResult]


class PictureAnswer(BaseModel):
    """One picture of the catalogue."""

    id: int
    path: str = Field(description="In its folder, or among the service's own copies.")
    folder: str = Field(description="The folders above it in the one that is indexed.", examples=["2024"])
    title: str | None
    labels: list[str]
    source_url: str | None = Field(description="The link that it was downloaded from.")
    bytes: int | None
    width: int | None = Field(description="As displayed: EXIF orientation applied.")
    height: int | None
    sha256: str | None
    media_type: str | None = Field(examples=["image/jpeg"])
    added_at: datetime
    taken: str | None = Field(
        description="When, by the clock of the place where it was taken, with its offset from UTC if that is "
        "known.",
        examples=["2026-03-01T12:30:05+01:00"],
    )
    taken_guessed: bool = Field(description="It doesn't say when: this is its file's date, in UTC.")
    camera: str | None = Field(examples=["Canon EOS 5D"])
    has_position: bool = Field(description="Its metadata says where it was taken.")
    url: str
    view_url: str = Field(description="What browsers show: a WebP of HEIC, RAW and TIFF.")
    thumbnail_url: str
    searchable: bool = Field(description="Its vector is stored, and its file is there.")
    missing_since: datetime | None = Field(None, description="Since when no file of it was found.")
    unreachable: bool = Field(False, description="Missing because nobody could look: no clock runs.")
    purged_at: datetime | None = Field(None, description="When it is forgotten, if no file of it comes back.")


class PageAnswer(BaseModel):
    """One page of the catalogue."""

    total: int = Field(description="How many pictures the filters mean, on all pages.")
    total_is_exact: bool = Field(
        True, description="False: there are at least `total`, and counting them would take too long."
    )
    images: list[PictureAnswer]
    next: str | None = Field(
        description="`cursor` of the page after it: of older pictures, unless sorted otherwise."
    )
    previous: str | None = Field(description="`cursor` of the page before it.")
    notes: list[Sentence] = Field([], exclude_if=_is_empty, description=_NOTES)


class MonthAnswer(BaseModel):
    month: str = Field(examples=["2026-03"])
    count: int
    cursor: str = Field(description="Of the page, with `sort=taken`, that begins with its newest picture.")


class MonthsAnswer(BaseModel):
    """The months that pictures were taken in, newest first."""

    months: list[MonthAnswer]


class DuplicateGroup(BaseModel):
    images: list[PictureAnswer] = Field(description="The best first: the largest, then the oldest.")
    removable: list[int] = Field(
        description="The ids of all but the best, without those that have a label, or a title that isn't a "
        "file's name: these would be lost with them."
    )


class DuplicatesAnswer(BaseModel):
    """Pictures that are nearly the same to the encoder that answers, the newest groups first."""

    groups: list[DuplicateGroup]
    next: int | None = Field(description="`before` of the next page.")
    compared: int = Field(description="Of so many pictures duplicates were looked for …")
    total: int = Field(description="… of so many that have a vector.")


class SuggestionsAnswer(BaseModel):
    suggestions: list[str]


Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=_PLAIN)]


class PictureChange(BaseModel):
    """What people say of a picture; null or empty takes it back."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=_PLAIN)] | None = (
        None
    )
    labels: list[Label] | None = Field(None, max_length=100, description="These, and no others.")
    taken: datetime | None = Field(
        None,
        description="When it was taken, by the clock there; null: when its file says. It stays until "
        "the file's own tags are written anew.",
        examples=["2026-03-01T12:30:05+01:00"],
    )


class DeletedAnswer(BaseModel):
    deleted: int
    notes: list[Sentence] = Field([], exclude_if=_is_empty, description=_NOTES)


class WhyAnswer(BaseModel):
    scores: list[list[float]] = Field(
        description="Rows from top to bottom, each from left to right: 0 for the part that fits the question "
        "worst, 1 for the one that fits best; all 0 where no part stands out."
    )


class IdsAnswer(BaseModel):
    ids: list[int] = Field(examples=[[17, 3, 99, 4, 56]])


def file_url(picture: Picture) -> str:
    return f"/images/{picture.id}/file"


def view_url(picture: Picture) -> str:
    return f"/images/{picture.id}/view"


def thumbnail_url(picture: Picture) -> str:
    """Names the content, where that is known, so that browsers may keep the thumbnail for ever."""
    version = f"?v={picture.sha256[:12]}" if picture.sha256 else ""
    return f"/images/{picture.id}/thumbnail{version}"


def taken_of(picture: Picture) -> str | None:
    """ISO 8601, as exact as it is known."""
    if (moment := moment_of(picture.taken)) is None:
        return None
    if picture.taken_offset is None:
        return moment.isoformat()
    return moment.replace(tzinfo=timezone(timedelta(minutes=picture.taken_offset))).isoformat()


def picture_answer(picture: Picture, searchable: bool, missing_days: float) -> PictureAnswer:
    runs = picture.missing_since is not None and not picture.unreachable
    return PictureAnswer(
        id=picture.id,
        path=picture.path,
        folder=picture.folder,
        title=picture.title,
        labels=list(picture.labels),
        source_url=picture.source_url,
        added_at=datetime.fromtimestamp(picture.added_at, UTC),
        searchable=searchable and picture.missing_since is None,
        missing_since=picture.missing_since and datetime.fromtimestamp(picture.missing_since, UTC),
        unreachable=picture.unreachable,
        purged_at=datetime.fromtimestamp((picture.missing_since or 0) + missing_days * DAY, UTC)
        if runs
        else None,
        bytes=picture.size or None,
        width=picture.width,
        height=picture.height,
        sha256=picture.sha256,
        media_type=picture.media_type,
        taken=taken_of(picture),
        taken_guessed=picture.taken_guessed,
        camera=picture.camera,
        has_position=picture.has_position,
        url=file_url(picture),
        view_url=view_url(picture),
        thumbnail_url=thumbnail_url(picture),
    )


def months_answer(months: Sequence[Month]) -> MonthsAnswer:
    return MonthsAnswer(
        months=[
            MonthAnswer(month=f"{each.year:04}-{each.month:02}", count=each.count, cursor=each.cursor)
            for each in months
        ]
    )


def notes_of(messages: Sequence[str]) -> list[Sentence]:
    return [Sentence(**members(said)) for said in messages]


def page_answer(
    page: Page, searchable: set[int], missing_days: float, notes: Sequence[str] = ()
) -> PageAnswer:
    return PageAnswer(
        notes=notes_of(notes),
        total=page.total,
        total_is_exact=page.total_is_exact,
        images=[picture_answer(picture, picture.id in searchable, missing_days) for picture in page.pictures],
        next=page.next,
        previous=page.previous,
    )


def similar_picture(
    picture: Picture, score: float, relevance: float, duplicates: int | None = None
) -> SimilarPicture:
    return SimilarPicture(
        index=picture.id,
        score=score,
        relevance=relevance,
        path=picture.path,
        title=picture.title,
        labels=list(picture.labels),
        source_url=picture.source_url,
        width=picture.width,
        height=picture.height,
        taken=taken_of(picture),
        duplicates=duplicates,
        url=file_url(picture),
        view_url=view_url(picture),
        thumbnail_url=thumbnail_url(picture),
    )
