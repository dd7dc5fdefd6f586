"""The pictures found as one picture: a row of thumbnails for each query, with scores and names."""

import io
from collections.abc import Callable, Sequence

from PIL import Image, ImageDraw, ImageFont

from aggregate_service.cli.output import printable
from aggregate_service.client import Hit, ImageSearchError, SearchResult

_CELL, _GAP, _CAPTION, _TITLE = 160, 12, 34, 26
_COLUMNS, _MOST = 5, 100  # pictures beside each other, and of one query
_PAPER, _INK, _FAINT = (250, 250, 248), (32, 33, 36), (120, 122, 128)
Fetch = Callable[[str], bytes]


def draw_sheet(found: SearchResult, names: Sequence[str], fetch: Fetch) -> Image.Image:
    """`fetch` gets a thumbnail's bytes by its address; one that can't be had stays a blank frame."""
    rows = [(_title(found, names, place), found.results[place].similar[:_MOST]) for place in _places(found)]
    height = _GAP + sum(_TITLE + _lines(hits) * (_CELL + _CAPTION + _GAP) for _, hits in rows)
    sheet = Image.new("RGB", (_GAP + _COLUMNS * (_CELL + _GAP), height), _PAPER)
    draw, top = ImageDraw.Draw(sheet), _GAP
    for title, hits in rows:
        _write(draw, (_GAP, top), title, sheet.width - 2 * _GAP, 15, _INK)
        top += _TITLE
        for place, hit in enumerate(hits):
            row, column = divmod(place, _COLUMNS)
            corner = (_GAP + column * (_CELL + _GAP), top + row * (_CELL + _CAPTION + _GAP))
            _draw_hit(sheet, draw, corner, hit, fetch)
        top += _lines(hits) * (_CELL + _CAPTION + _GAP)
    return sheet


def _places(found: SearchResult) -> range:
    return range(len(found.results))


def _title(found: SearchResult, names: Sequence[str], place: int) -> str:
    result = found.results[place]
    name = printable(names[place] if place < len(names) else result.filename or result.text or "")
    if result.problem:
        return f"{name}: {result.problem.detail}"
    return f"{name}: nothing close in this collection" if result.nothing_close or not result.similar else name


def _lines(hits: Sequence[Hit]) -> int:
    return -(-len(hits) // _COLUMNS)


def _draw_hit(
    sheet: Image.Image, draw: ImageDraw.ImageDraw, corner: tuple[int, int], hit: Hit, fetch: Fetch
) -> None:
    left, top = corner
    picture = _thumbnail(hit, fetch)
    if picture is None:
        draw.rectangle((left, top, left + _CELL - 1, top + _CELL - 1), outline=_FAINT)
    else:
        sheet.paste(picture, (left + (_CELL - picture.width) // 2, top + (_CELL - picture.height) // 2))
    _write(draw, (left, top + _CELL + 2), f"{hit.score:.3f}", _CELL, 13, _INK)
    _write(draw, (left, top + _CELL + 17), hit.title or printable(hit.path), _CELL, 11, _FAINT)


def _thumbnail(hit: Hit, fetch: Fetch) -> Image.Image | None:
    try:
        with Image.open(io.BytesIO(fetch(hit.thumbnail_url)), formats=("JPEG", "PNG", "WEBP")) as opened:
            picture = opened.convert("RGB")
    except (ImageSearchError, OSError, ValueError, Image.DecompressionBombError):
        return None
    picture.thumbnail((_CELL, _CELL))
    return picture


def _write(
    draw: ImageDraw.ImageDraw, place: tuple[int, int], text: str, width: int, size: int, ink: tuple[int, ...]
) -> None:
    """One line, its beginning cut off where it is too long: of a path, the end tells most."""
    font = ImageFont.load_default(size)
    whole = text
    while text and draw.textlength(("…" if text != whole else "") + text, font=font) > width:
        text = text[max(1, len(text) // 16) :]
    draw.text(place, text if text == whole else f"…{text}", fill=ink, font=font)
