"""What the aggregate service answers, as programs read it."""

from typing import Any

from pydantic import BaseModel, Field

from aggregate_service.catalog import Picture


def _is_none(value: object) -> bool:
    return value is None


class SimilarPicture(BaseModel):
    """One hit; a higher score is nearer (cosine similarity)."""

    index: int = Field(description="The picture's id.", examples=[17])
    score: float = Field(examples=[0.871])
    path: str = Field(description="Relative to the folder that is indexed.", examples=["000000000094.jpg"])
    url: str = Field(examples=["/images/17/file"])
    thumbnail_url: str = Field(examples=["/images/17/thumbnail?v=8f3a1c20d5e7"])


class UploadResult(BaseModel):
    """What is similar to one upload, or the problem with it."""

    filename: str = Field(examples=["dog.jpg"])
    similar: list[SimilarPicture] | None = Field(None, exclude_if=_is_none, description="Best first.")
    problem: dict[str, Any] | None = Field(
        None, exclude_if=_is_none, description="Instead of `similar`: `type`, `title`, `status`, `detail`."
    )


class WordsResult(BaseModel):
    """What fits the words."""

    text: str = Field(examples=["a red bus"])
    similar: list[SimilarPicture] = Field(description="Best first.")


class _Answered(BaseModel):
    model: str = Field(examples=["openai/clip-vit-base-patch32"])
    fingerprint: str = Field(
        description="Name, revision and dimension of the encoder.",
        examples=["openai/clip-vit-base-patch32@c237dc49a33f:512"],
    )
    notice: str | None = Field(None, description="What to know about the encoder, if anything.")


class SearchAnswer(_Answered):
    """One result for each upload, in the order of upload."""

    results: list[UploadResult]


class WordsAnswer(_Answered):
    """The one result of a search by words."""

    results: list[WordsResult]


class PictureAnswer(BaseModel):
    """One picture of the catalogue."""

    id: int
    path: str
    bytes: int | None
    width: int | None = Field(description="As displayed: EXIF orientation applied.")
    height: int | None
    sha256: str | None
    url: str
    thumbnail_url: str


class IdsAnswer(BaseModel):
    ids: list[int] = Field(examples=[[17, 3, 99, 4, 56]])


def file_url(picture: Picture) -> str:
    return f"/images/{picture.id}/file"


def thumbnail_url(picture: Picture) -> str:
    """Names the content, where that is known, so that browsers may keep the thumbnail for ever."""
    version = f"?v={picture.sha256[:12]}" if picture.sha256 else ""
    return f"/images/{picture.id}/thumbnail{version}"


def picture_answer(picture: Picture) -> PictureAnswer:
    return PictureAnswer(
        id=picture.id,
        path=picture.path,
        bytes=picture.size,
        width=picture.width,
        height=picture.height,
        sha256=picture.sha256,
        url=file_url(picture),
        thumbnail_url=thumbnail_url(picture),
    )


def similar_picture(picture: Picture, score: float) -> SimilarPicture:
    return SimilarPicture(
        index=picture.id,
        score=score,
        path=picture.path,
        url=file_url(picture),
        thumbnail_url=thumbnail_url(picture),
    )
