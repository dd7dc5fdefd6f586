"""A field that nobody reads is a mistyped one: it is refused, with the name that was meant."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from aggregate_service.errors import InvalidRequest
from service_kit.messages.message import message

_ALIKE = 0.6
_LONGEST = 50


def require_known(sent: Iterable[str], known: Collection[str]) -> None:
    for name in sent:
        if name in known:
            continue
        given = repr(name[:_LONGEST])
        if meant := get_close_matches(name.lower(), known, 1, _ALIKE):
            raise InvalidRequest(message("field-mistyped", given=given, meant=meant[0]))
        raise InvalidRequest(message("field-unknown", given=given, known=", ".join(sorted(known))))
