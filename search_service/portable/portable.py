"""The portable form: `index.faiss` and its sidecar; ids are positions in image_paths.json."""

import logging
from pathlib import Path
from typing import Any

import faiss

from search_service.collection import Collection, checked_catalogue, checked_encoder
from search_service.engines.arrays import Ids, Vectors
from search_service.engines.backend import Backend
from search_service.engines.faiss.flat import FaissFlat
from search_service.errors import BrokenSealError
from search_service.portable.sealed_file import read_bytes, read_sealed, sidecar_of, write_seal, write_sealed
from search_service.vectors import unit_rows
from service_kit.collection_name import collection_name
from service_kit.problems import Problem

log = logging.getLogger(__name__)
_CHUNK = 8192


def write_portable(collection: Collection, path: Path) -> tuple[str, int]:
    """Write the portable form, ids ascending; returns the file's SHA-256 and its count."""
    index = faiss.IndexIDMap2(faiss.IndexFlatIP(collection.dimension))
    ids = collection.index.ids()
    for start in range(0, len(ids), _CHUNK):
        there, vectors = collection.index.get(ids[start : start + _CHUNK])
        index.add_with_ids(vectors, there)
    facts = _facts(collection.encoder, collection.dimension, index.ntotal)
    if collection.catalogue is not None:
        facts["catalogue"] = collection.catalogue
    return write_sealed(path, faiss.serialize_index(index), facts), index.ntotal


def import_when_empty(backend: Backend, path: Path) -> str | None:
    """Take the portable index into an empty backend; a refusal is logged and returned as one clear line."""
    if backend.collections() or not path.exists():
        return None
    try:
        encoder, catalogue, ids, vectors = read_portable(path)
    except BrokenSealError as reason:
        notice = (
            f"{path} was not imported: {reason}. If you trust the file, seal it: "
            f"python -m search_service.portable {path} --encoder FINGERPRINT"
        )
        log.error(notice)
        return notice
    backend.upsert(collection_name(encoder), encoder, ids, vectors, catalogue)
    log.info("imported %d vectors of %s from %s", len(ids), encoder, path)
    return None


def read_portable(path: Path) -> tuple[str, str | None, Ids, Vectors]:
    """Encoder, owner, ids and unit vectors of a sealed index; `BrokenSealError` if it can't be trusted."""
    data, facts = read_sealed(path)
    encoder, catalogue = facts.get("encoder"), facts.get("catalogue")
    if not isinstance(encoder, str):
        raise BrokenSealError(f"{sidecar_of(path).name} names no encoder")
    if not isinstance(catalogue, str | None):
        raise BrokenSealError(f"{sidecar_of(path).name} names a catalogue that is no string")
    index = FaissFlat.restore(data)
    if facts.get("count") != index.stats().count or facts.get("dimension") != index.dimension:
        raise BrokenSealError(f"{sidecar_of(path).name} tells another count or dimension than the index has")
    ids, vectors = index.get(index.ids())
    if not len(ids):
        raise BrokenSealError(f"{path.name} holds no vectors")
    try:
        checked = catalogue if catalogue is None else checked_catalogue(catalogue)
        return checked_encoder(encoder), checked, ids, unit_rows(vectors, "vectors")
    except Problem as problem:
        raise BrokenSealError(problem.detail.rstrip(".")) from problem


def seal(path: Path, encoder: str) -> dict[str, Any]:
    """Write the sidecar of an index that somebody trusts; returns what it says."""
    checked_encoder(encoder)
    data = read_bytes(path)
    index = FaissFlat.restore(data)
    facts = _facts(encoder, index.dimension, index.stats().count)
    return {"sha256": write_seal(path, data, facts)} | facts


def _facts(encoder: str, dimension: int, count: int) -> dict[str, Any]:
    return {"encoder": encoder, "dimension": dimension, "count": count}
