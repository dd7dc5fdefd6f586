"""What each picture shows, according to somebody: labels in the catalogue, sub-folders, or a list."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from aggregate_service.catalogue import labelled
from aggregate_service.catalogue.database import Database
from aggregate_service.evaluation.errors import NoLabels, NoSubfolders, UnusableLabels
from aggregate_service.evaluation.label_list import read_labels
from service_kit.messages.message import message

MOST_PICTURES = 20_000
"""More are sampled: all vectors are compared with all of a thousand queries, in memory."""


@dataclass(frozen=True)
class Truth:
    """The labels of pictures by their id; one without labels fits no query, and must not be found.

    They are drawn from `known` pictures; `unknown` names of the list mean no picture of the catalogue.
    """

    labels: dict[int, frozenset[str]]
    known: int
    unknown: int = 0

    def without(self, ignored: Sequence[str]) -> "Truth":
        """As if these labels didn't say anything."""
        left = {id_: labels - set(ignored) for id_, labels in self.labels.items()}
        return Truth(left, self.known, self.unknown)

    def to_json(self) -> bytes:
        labels = {str(id_): sorted(labels) for id_, labels in sorted(self.labels.items())}
        kept = {"labels": labels, "known": self.known, "unknown": self.unknown}
        return json.dumps(kept, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "Truth":
        kept = json.loads(data)
        labels = {int(id_): frozenset(labels) for id_, labels in kept["labels"].items()}
        return cls(labels, kept["known"], kept["unknown"])


def by_labels(database: Database, seed: int) -> Truth:
    """`NoLabels` when no picture has one."""
    with database.reading() as db:
        known = labelled.with_labels(db)
        if not known:
            raise NoLabels
        drawn = _drawn(known, seed)
        return Truth(_frozen(labelled.labels_of(db, drawn), drawn), len(known))


def by_subfolders(database: Database, folder: str, seed: int) -> Truth:
    """`NoSubfolders` when there is no picture in a folder within this one."""
    with database.reading() as db:
        known = labelled.in_folder(db, folder)
        drawn = _drawn(known, seed)
        found = labelled.subfolders_of(db, folder, drawn)
    if not any(found.values()):
        raise NoSubfolders(folder)
    return Truth(_frozen(found, drawn), len(known))


def by_list(database: Database, path: Path, name: str, seed: int) -> Truth:
    """`UnusableLabels` when the list can't be read, or names no picture of the catalogue."""
    listed = read_labels(path, name)
    with database.reading() as db:
        meant = labelled.find_named(db, listed.keys())
    if not meant:
        raise UnusableLabels(message("labels-of-no-picture", name=name, count=len(listed)))
    found: dict[int, set[str]] = {}
    for named, id_ in meant.items():
        found.setdefault(id_, set()).update(listed[named])
    drawn = _drawn(sorted(found), seed)
    return Truth(_frozen(found, drawn), len(found), len(listed) - len(meant))


def _drawn(ids: Sequence[int], seed: int) -> list[int]:
    """All of them, or as many as can be compared; the same each time."""
    if len(ids) <= MOST_PICTURES:
        return list(ids)
    return sorted(Random(seed).sample(ids, MOST_PICTURES))  # noqa: S311 - a sample, not a secret


def _frozen(found: dict[int, set[str]], ids: Sequence[int]) -> dict[int, frozenset[str]]:
    return {id_: frozenset(found.get(id_, ())) for id_ in ids}
