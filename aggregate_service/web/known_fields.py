"""A field that nobody reads is a mistyped one: it is refused, with the name that was meant."""

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from aggregate_service.errors import InvalidRequest
from aggregate_service.filter_fields import NAMES as FILTERS
from service_kit.messages.message import message

_ALIKE = 0.6
_LONGEST = 50
QUESTION = (
    *("files", "weights", "text", "id", "url", "combine", "k", "offset", "min_score", "collapse", "box"),
    *(*FILTERS, "sort", "model"),
)
"""The fields of a form that asks a question."""
_OF_PAGES = {
    "/": (*QUESTION, "photo"),
    "/search": ("combine", "less"),
    "/images": ("deleted", "forgotten", "model"),
    "/images/{picture_id}": (*QUESTION, "search"),
}
"""What addresses of pages say to the page alone, by route."""


def require_known(sent: Iterable[str], known: Collection[str]) -> None:
    for name in sent:
        if name in known:
            continue
        given = repr(name[:_LONGEST])
        if meant := get_close_matches(name.lower(), known, 1, _ALIKE):
            raise InvalidRequest(message("field-mistyped", given=given, meant=meant[0]))
        raise InvalidRequest(message("field-unknown", given=given, known=", ".join(sorted(known))))


async def known_query(request: Request) -> None:
    """For a router: no route of it takes an unknown name in its address."""
    route = request.scope.get("route")
    if request.query_params and isinstance(route, APIRoute):
        named = set(_query_names(route.dependant))
        path = route.path.rstrip("/") or "/"
        require_known(request.query_params, named.union(_OF_PAGES.get(path, ())))


def _query_names(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for other in dependant.dependencies:
        yield from _query_names(other)
