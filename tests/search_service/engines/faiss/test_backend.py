"""The embedded backend's folder: held while it is open, and no longer."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from search_service.engines.faiss.backend import EmbeddedBackend
from search_service.engines.faiss.sizing import Sizing
from search_service.engines.faiss.store import Store
from tests.search_service.samples import ENCODER, ids, vectors


def test_a_backend_that_cannot_be_loaded_holds_its_folder_no_longer(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "vectors.db")) as store:
        store.create("c", ENCODER, ids(1), vectors(1))
    with closing(sqlite3.connect(tmp_path / "vectors.db")) as db, db:
        db.execute("UPDATE vectors SET vector = x'00'")
    with pytest.raises(ValueError, match="buffer size") as refused:
        EmbeddedBackend(tmp_path, Sizing())
    Store(tmp_path / "vectors.db").close()
    assert refused.tb is not None  # all the while, what failed was still referred to
