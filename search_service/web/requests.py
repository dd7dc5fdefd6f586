"""What a request asks for, read from JSON or from binary arrays, and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from search_service.collection import checked_catalogue, checked_encoder, checked_name
from search_service.config import Settings
from search_service.engines.arrays import Ids, Vectors
from search_service.engines.base import IdFilter
from search_service.errors import InvalidField, InvalidVectors, UnsupportedBody
from search_service.vectors import checked_ids, unit_rows
from search_service.web.json_body import JsonBody, read_fields
from service_kit.arrays import NPY, NPZ, from_npy, from_npz
from service_kit.problems import TooLarge

JSON = "application/json"


@dataclass(frozen=True)
class Body:
    """A body as it came, with the query parameters, which hold what a binary body can't."""

    content_type: str
    content: bytes
    query: Mapping[str, Any] = field(default_factory=dict)

    def with_query(self, **query: str | int | None) -> "Body":
        return replace(self, query={name: value for name, value in query.items() if value is not None})


@dataclass(frozen=True)
class SearchRequest:
    queries: Vectors
    k: int
    collection: str | None
    encoder: str | None
    only: IdFilter
    moments: bool = False

    @classmethod
    def read(cls, body: Body, limits: Settings) -> "SearchRequest":
        given = dict(body.query)
        if _kind(body, NPY) == NPY:
            given["embeddings"] = from_npy(body.content)
        else:
            matrix = _matrix(limits.max_queries)
            listed = _optional_ids(limits.max_filter_ids)
            readers = {"embeddings": matrix, "k": _scalar, "collection": _scalar, "encoder": _scalar}
            readers |= {"allow": listed, "deny": listed, "moments": _scalar}
            given |= read_fields(_json(body, limits), readers)
        queries = unit_rows(_required(given, "embeddings"), "embeddings")
        if not 1 <= len(queries) <= limits.max_queries:
            raise InvalidVectors(
                f"embeddings must hold 1 to {limits.max_queries} vectors, not {len(queries)}."
            )
        only = IdFilter(given.get("allow"), given.get("deny"))
        k, encoder = _k(given.get("k"), limits), _text(given, "encoder")
        return cls(queries, k, _name(given), encoder, only, _flag(given, "moments"))


@dataclass(frozen=True)
class UpsertRequest:
    collection: str
    encoder: str
    ids: Ids
    vectors: Vectors
    catalogue: str | None

    @classmethod
    def read(cls, body: Body, limits: Settings) -> "UpsertRequest":
        given = dict(body.query)
        if _kind(body, NPZ) == NPZ:
            given["ids"], given["vectors"] = from_npz(body.content, "ids", "vectors")
        else:
            numbers = {"ids": _ids(limits.max_upsert), "vectors": _matrix(limits.max_upsert)}
            readers = {"collection": _scalar, "encoder": _scalar, "catalogue": _scalar} | numbers
            given |= read_fields(_json(body, limits), readers)
        name, encoder = _required(given, "collection"), _required(given, "encoder")
        ids = checked_ids(_required(given, "ids"))
        vectors = unit_rows(_required(given, "vectors"), "vectors")
        if not 1 <= len(vectors) <= limits.max_upsert or len(ids) != len(vectors):
            raise InvalidVectors(
                f"{len(ids)} ids with {len(vectors)} vectors: there must be one id for each vector, "
                f"1 to {limits.max_upsert} in one request."
            )
        name, encoder = _string("collection", name), _string("encoder", encoder)
        return cls(checked_name(name), checked_encoder(encoder), ids, vectors, _catalogue(given))


@dataclass(frozen=True)
class IdsRequest:
    """Names vectors of one collection: to delete them, which its owner does, or to get them."""

    collection: str
    ids: Ids
    catalogue: str | None

    @classmethod
    def read(cls, body: Body, limits: Settings) -> "IdsRequest":
        _kind(body)
        readers = {"collection": _scalar, "ids": _ids(limits.max_upsert), "catalogue": _scalar}
        given = dict(body.query) | read_fields(_json(body, limits), readers)
        name = _string("collection", _required(given, "collection"))
        return cls(checked_name(name), checked_ids(_required(given, "ids")), _catalogue(given))


@dataclass(frozen=True)
class AdoptRequest:
    """The catalogue that takes a collection over, and the one that it belongs to until now, if to any."""

    catalogue: str
    expected: str | None

    @classmethod
    def read(cls, body: Body, limits: Settings) -> "AdoptRequest":
        _kind(body)
        given = read_fields(_json(body, limits), {"catalogue": _scalar, "expected": _scalar})
        catalogue = _string("catalogue", _required(given, "catalogue"))
        return cls(checked_catalogue(catalogue), _text(given, "expected"))


def read_default_collection(body: Body, limits: Settings) -> str:
    _kind(body)
    given = read_fields(_json(body, limits), {"collection": _scalar})
    return checked_name(_string("collection", _required(given, "collection")))


def _kind(body: Body, *binary: str) -> str:
    """The body's media type: JSON (also where none is given), or one of the binary ones."""
    kind = body.content_type.split(";")[0].strip().lower() or JSON
    if kind not in (JSON, *binary):
        raise UnsupportedBody(
            f"Content-Type {kind[:100]!r} isn't read here; send {' or '.join((JSON, *binary))}."
        )
    return kind


def _json(body: Body, limits: Settings) -> bytes:
    if len(body.content) > limits.max_json_mb * 1_000_000:
        raise TooLarge(
            f"A JSON body may have {limits.max_json_mb} MB; send bigger batches as {NPY} or {NPZ}."
        )
    return body.content


def _scalar(cursor: JsonBody, _field: str) -> Any:
    return cursor.scalar()


def _matrix(max_rows: int) -> Any:
    return lambda cursor, field: cursor.matrix(field, max_rows)


def _ids(at_most: int) -> Any:
    return lambda cursor, field: cursor.whole_numbers(field, at_most)


def _optional_ids(at_most: int) -> Any:
    return lambda cursor, field: None if cursor.null() else np.unique(cursor.whole_numbers(field, at_most))


def _required(given: dict[str, Any], field: str) -> Any:
    if given.get(field) is None:
        raise InvalidField(f"{field} is missing.")
    return given[field]


def _string(field: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidField(f"{field} must be a string.")
    return value


def _text(given: dict[str, Any], field: str) -> str | None:
    value = given.get(field)
    return None if value is None else _string(field, value)


def _name(given: dict[str, Any]) -> str | None:
    name = _text(given, "collection")
    return None if name is None else checked_name(name)


def _catalogue(given: dict[str, Any]) -> str | None:
    catalogue = _text(given, "catalogue")
    return None if catalogue is None else checked_catalogue(catalogue)


def _flag(given: dict[str, Any], field: str) -> bool:
    value = given.get(field, False)
    if value is not None and not isinstance(value, bool):
        raise InvalidField(f"{field} must be true or false.")
    return bool(value)


def _k(k: Any, limits: Settings) -> int:
    k = 5 if k is None else k
    if type(k) is not int or not 1 <= k <= limits.max_k:
        raise InvalidField(f"k must be a whole number from 1 to {limits.max_k}.")
    return k
