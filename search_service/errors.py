"""What can go wrong, each with its HTTP status: the whole tree.

Problem (service_kit)
├── NotFound 404            UnknownCollection
├── Conflict 409            EncoderMismatch, ForeignCollection, UnexpectedOwner
├── TooLarge 413            (a JSON body that should be binary)
├── UnsupportedBody 415
├── Unprocessable 422       InvalidVectors, InvalidField
├── Unavailable 503         NothingIndexed, NotLoaded, EngineAway, EngineSlow, EngineUnfit
└── StorageFull 507
Exception
├── UnusableSettings             an engine's address that can never work: reported until it is another one
└── BrokenSealError              a file beside its checksum can't be trusted: never read, only reported
"""

import json

from service_kit.messages.message import message
from service_kit.problems import Conflict, NotFound, Problem, Unavailable, Unprocessable


class UnknownCollection(NotFound):
    def __init__(self, name: str, known: list[str]) -> None:
        there = ", ".join(known[:20]) if known else "none yet"
        super().__init__(message("unknown-collection", name=repr(name[:100]), known=there))


class EncoderMismatch(Conflict):
    def __init__(self, collection: str, holds: str, given: str) -> None:
        super().__init__(
            message(
                "encoder-mismatch", collection=repr(collection), held=repr(holds), given=repr(given[:200])
            )
        )


class ForeignCollection(Conflict):
    """`owner` is the catalogue that the collection carries, `catalogue` the one that wanted to write."""

    def __init__(self, collection: str, owner: str | None, catalogue: str | None) -> None:
        theirs = f"belongs to catalogue {owner!r}" if owner else "holds vectors that belong to no catalogue"
        if catalogue is None:
            given, way = "this request names none", "send its id as `catalogue` if you write for it"
        else:
            body = json.dumps({"catalogue": catalogue, "expected": owner}, ensure_ascii=False)
            given = f"this request comes from {catalogue!r}"
            way = f"adopt this one with PUT /collections/{collection}/catalogue {body}"
        super().__init__(
            f"Collection {collection!r} {theirs}, and {given}: nothing was changed. "
            f"Use another collection, or {way}."
        )


class UnexpectedOwner(Conflict):
    def __init__(self, collection: str, owner: str | None, expected: str | None) -> None:
        holder, wanted = (f"catalogue {each!r}" if each else "no catalogue" for each in (owner, expected))
        super().__init__(
            f"Collection {collection!r} belongs to {holder}, and {wanted} was expected: nothing was changed. "
            "If it is still to be adopted, send its present owner as `expected`."
        )


class UnsupportedBody(Problem):
    status = 415


class InvalidVectors(Unprocessable):
    pass


class InvalidField(Unprocessable):
    pass


class NothingIndexed(Unavailable):
    def __init__(self) -> None:
        super().__init__(message("nothing-indexed"))


class NotLoaded(Unavailable):
    pass


class EngineAway(Unavailable):
    def __init__(self, engine: str) -> None:
        super().__init__(
            message("engine-away", engine=engine),
            headers={"Retry-After": "2"},
        )


class EngineSlow(Unavailable):
    def __init__(self, engine: str, seconds: float) -> None:
        super().__init__(message("engine-slow", engine=engine, seconds=f"{seconds:g}"))


class EngineUnfit(Unavailable):
    pass


class StorageFull(Problem):
    status = 507

    def __init__(self) -> None:
        super().__init__(message("storage-full"))


class UnusableSettings(Exception):
    """The message says which setting it is, and never its value, which may hold a password."""


class BrokenSealError(Exception):
    """The file at hand is missing, damaged, or not what its sidecar says; the message is one clear line."""
