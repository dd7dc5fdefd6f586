"""Where in a table its links, ids, titles and labels stand: found by the header's names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aggregate_service.links.errors import NoLinks
from aggregate_service.links.fields import NO_DELIMITER, split_fields, split_plainly
from aggregate_service.links.lines import Line
from aggregate_service.links.link import looks_like_a_link
from service_kit.messages.message import message

# Compared in lower case without anything but letters and digits; the first that is found counts.
LINK_NAMES = (
    *("url", "link", "image_url", "image_link", "img_url", "photo_url", "picture_url", "image_src"),
    *("src", "href", "uri", "source_url", "download_url", "original_url", "file_url", "coco_url"),
    *("flickr_url", "photo_image_url", "photo_link", "picture_link", "media_url", "urls", "links"),
    *("image", "img", "photo", "picture", "source"),
)
ID_NAMES = ("id", "image_id", "photo_id", "picture_id", "key", "identifier", "uid", "uuid")
TITLE_NAMES = ("title", "name", "caption", "description", "alt", "alt_text", "text")
LABEL_NAMES = ("labels", "label", "tags", "tag", "category", "categories", "class", "classes", "keywords")
_DELIMITERS = ",;\t|"
_TOLD = "url, link, image_url, image, src or href"
_DECLARED = re.compile(r'"?sep=(.)"?', re.IGNORECASE)


@dataclass(frozen=True)
class Columns:
    """Positions in a row of `width` fields; `header_lines` come before the first row."""

    delimiter: str = NO_DELIMITER
    width: int = 1
    link: int = 0
    id: int | None = None
    title: int | None = None
    labels: int | None = None
    header_lines: int = 0


def find_columns(first_lines: Sequence[Line]) -> Columns:
    """From the first three lines that aren't blank; `NoLinks` when they show no column of links."""
    declared = _DECLARED.fullmatch(first_lines[0].text.strip())
    lines = [line.text for line in first_lines[1 if declared else 0 :]]
    if not lines:
        raise NoLinks(message("no-rows"))
    before = 2 if declared else 1
    for cells, delimiter in _splits(lines[0], declared[1] if declared else _DELIMITERS):
        is_header = not any(looks_like_a_link(cell) for cell in cells)
        if is_header and (link := _position(cells, LINK_NAMES)) is not None:
            return _named(cells, delimiter, link, before)
    if looks_like_a_link(lines[0]):
        return Columns()
    if len(lines) > 1 and looks_like_a_link(lines[1]) and _is_one_column(lines[0]):
        return Columns(header_lines=before)
    raise _no_links(lines[0])


def _splits(text: str, delimiters: str) -> list[tuple[list[str], str]]:
    """The header's cells by each delimiter, the one that makes most cells first."""
    splits = [(split_fields(text, d) or split_plainly(text, d), d) for d in delimiters]
    return sorted(splits, key=lambda split: -len(split[0]))


def _named(cells: list[str], delimiter: str, link: int, header_lines: int) -> Columns:
    return Columns(
        delimiter=delimiter if len(cells) > 1 else NO_DELIMITER,
        width=len(cells),
        link=link,
        id=_position(cells, ID_NAMES),
        title=_position(cells, TITLE_NAMES),
        labels=_position(cells, LABEL_NAMES),
        header_lines=header_lines,
    )


def _position(cells: list[str], names: Sequence[str]) -> int | None:
    plain = [plain_name(cell) for cell in cells]
    return next((plain.index(plain_name(name)) for name in names if plain_name(name) in plain), None)


def plain_name(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def _is_one_column(text: str) -> bool:
    return len(_splits(text, _DELIMITERS)[0][0]) == 1


def _no_links(header: str) -> NoLinks:
    cells = _splits(header, _DELIMITERS)[0][0]
    found = ", ".join(_printable(cell) for cell in cells[:20]) + (", …" if len(cells) > 20 else "")
    return NoLinks(message("no-link-column", found=found, names=_TOLD))


def _printable(cell: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in cell.strip())[:40] or "(empty)"
