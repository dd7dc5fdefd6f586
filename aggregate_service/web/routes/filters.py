"""The filters of a question: label, folder and dates, the same in a list, a search and a deletion."""

from typing import Annotated

from fastapi import Depends, Query

from aggregate_service.catalogue.filters import PictureFilter


def picture_filter(
    label: Annotated[list[str], Query(description="Only with this label; with all of several.")] = [],  # noqa: B006 - FastAPI copies it
    folder: Annotated[
        str | None, Query(description="Only in this folder and below it.", examples=["2024/summer"])
    ] = None,
    after: Annotated[
        str | None, Query(description="Only added then or later (UTC).", examples=["2026-03-01"])
    ] = None,
    before: Annotated[
        str | None, Query(description="Only added earlier (UTC).", examples=["2026-03-01T12:00:00Z"])
    ] = None,
    missing: Annotated[
        bool,
        Query(description="Those whose files are gone or out of reach, and no others."),
    ] = False,
) -> PictureFilter:
    return PictureFilter.of(label, folder, after, before, missing)


Filter = Annotated[PictureFilter, Depends(picture_filter)]
