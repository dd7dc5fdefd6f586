"""The filters of a question: label, folder and dates, the same in a list, a search and a deletion."""

from typing import Annotated

from fastapi import Depends, Query

from aggregate_service.catalogue.filters import SHAPES, TYPES, PictureFilter

TAKEN_AFTER = "Only taken then or later, by the picture's own clock: `2026`, `2026-03`, `2026-03-01T12:30`."
TAKEN_BEFORE = "Only taken earlier."
CAMERA = "Only with this camera, as it is called in the answers."
MIN_SIDE = "Only with so many pixels along the shorter side."
ORIENTATION = f"Only {', '.join(SHAPES[:-1])} or {SHAPES[-1]}."
TYPE = f"Only files of this format: {', '.join(TYPES)}."


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
    taken_after: Annotated[str | None, Query(description=TAKEN_AFTER)] = None,
    taken_before: Annotated[str | None, Query(description=TAKEN_BEFORE)] = None,
    camera: Annotated[str | None, Query(description=CAMERA, examples=["Canon EOS 5D"])] = None,
    min_side: Annotated[str | None, Query(description=MIN_SIDE, examples=["1080"])] = None,
    orientation: Annotated[str | None, Query(description=ORIENTATION)] = None,
    type_: Annotated[str | None, Query(alias="type", description=TYPE, examples=["heic"])] = None,
) -> PictureFilter:
    return PictureFilter.of(
        label,
        folder,
        after,
        before,
        missing,
        taken_after=taken_after,
        taken_before=taken_before,
        camera=camera,
        min_side=min_side,
        orientation=orientation,
        type=type_,
    )


Filter = Annotated[PictureFilter, Depends(picture_filter)]
