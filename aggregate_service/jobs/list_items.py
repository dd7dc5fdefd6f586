"""What stands in a job's list, row by row, as items of the job."""

from collections.abc import Iterator

from aggregate_service.catalogue.storable import is_storable
from aggregate_service.files.content_store import ContentStore
from aggregate_service.jobs.feeding import OpenList
from aggregate_service.jobs.jobs import LINKS, NewItem
from aggregate_service.jobs.leases import Fed
from aggregate_service.jobs.sources.vector_lists import read_places
from aggregate_service.links.errors import BadLink
from aggregate_service.links.link import normal_link
from aggregate_service.links.table import BadRow, Link, read_links
from service_kit.messages.message import message
from service_kit.problems import NotFound

_LINK = ("http://", "https://")


def list_opener(contents: ContentStore) -> OpenList:
    """Opens the list of a job of kind links or vectors; a `Problem` for one that can't be read."""

    def open_list(fed: Fed) -> Iterator[NewItem]:
        path = contents.list_path(fed.params["list"])
        if not path.is_file():
            raise NotFound(message("list-gone"))
        if fed.kind == LINKS:
            return (_link_item(row) for row in read_links(path))
        return (_place_item(row, place) for row, place in enumerate(read_places(path, path.name)))

    return open_list


def _link_item(row: Link | BadRow) -> NewItem:
    if isinstance(row, BadRow):
        return _bad_row(row.row, row.detail)
    said = {"title": row.title, "labels": list(row.labels)}
    return NewItem({"name": row.url, "url": row.url} | {key: value for key, value in said.items() if value})


def _place_item(row: int, place: str) -> NewItem:
    place = place.strip()
    if not place:
        return _bad_row(row + 1, message("row-empty"))
    if not is_storable(place):
        return _bad_row(row + 1, message("row-not-storable"))
    if not place.lower().startswith(_LINK):
        return NewItem({"name": place, "row": row, "path": place})
    try:
        url = normal_link(place)
    except BadLink as problem:
        return _bad_row(row + 1, problem.detail)
    return NewItem({"name": url, "row": row, "url": url})


def _bad_row(number: int, detail: str) -> NewItem:
    return NewItem({"name": f"row {number}"}, 422, detail)
