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

from service_kit.problems import Conflict, NotFound, Problem, Unavailable, Unprocessable


class UnknownCollection(NotFound):
    def __init__(self, name: str, known: list[str]) -> None:
        there = ", ".join(known[:20]) if known else "none yet"
        super().__init__(f"There's no collection {name[:100]!r}; the collections are: {there}.")


class EncoderMismatch(Conflict):
    def __init__(self, collection: str, holds: str, given: str) -> None:
        super().__init__(
            f"Collection {collection!r} holds vectors of {holds!r}, and these are of {given[:200]!r}: "
            "they can't be compared. Use another collection for another encoder."
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
        super().__init__(
            "Nothing is indexed yet: add vectors with PUT /vectors, "
            "or put a sealed index at INDEX_SAVE_PATH and restart."
        )


class NotLoaded(Unavailable):
    pass


class EngineAway(Unavailable):
    def __init__(self, engine: str) -> None:
        super().__init__(
            f"{engine} doesn't answer, so nothing can be searched or written. "
            "It is tried again all the time: repeat the request when it runs.",
            headers={"Retry-After": "2"},
        )


class EngineSlow(Unavailable):
    def __init__(self, engine: str, seconds: float) -> None:
        super().__init__(f"{engine} took longer than {seconds:g} s, so the request was given up.")


class EngineUnfit(Unavailable):
    pass


class StorageFull(Problem):
    status = 507

    def __init__(self) -> None:
        super().__init__("The disk is full: nothing was written. Searches go on; free some room and repeat.")


class UnusableSettings(Exception):
    """The message says which setting it is, and never its value, which may hold a password."""


class BrokenSealError(Exception):
    """The file at hand is missing, damaged, or not what its sidecar says; the message is one clear line."""
