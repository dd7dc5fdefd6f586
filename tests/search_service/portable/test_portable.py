"""The portable form: out of one service, into another, and nothing in that nobody vouched for."""

import json
from pathlib import Path

import faiss
import numpy as np
import pytest

from search_service.portable import __main__ as seal
from tests.search_service.samples import COLLECTION, ENCODER, put, running, vectors


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """A folder with nothing but a sealed portable index of 20 vectors."""
    with running(tmp_path / "first") as client:
        put(client)
        answer = client.post(f"/collections/{COLLECTION}/export").json()
    file = tmp_path / "first" / "index.faiss"
    facts = json.loads((tmp_path / "first" / "index.faiss.json").read_text())
    assert answer == {"path": str(file), "sha256": facts["sha256"], "count": 20}
    assert facts == {"sha256": facts["sha256"], "encoder": ENCODER, "dimension": 8, "count": 20}
    (tmp_path / "second").mkdir()
    for name in ("index.faiss", "index.faiss.json"):
        (tmp_path / "first" / name).rename(tmp_path / "second" / name)
    return tmp_path / "second"


def test_export_is_an_index_that_faiss_reads(exported: Path) -> None:
    index = faiss.read_index(str(exported / "index.faiss"))
    assert isinstance(index, faiss.IndexIDMap2)
    _, found = index.search(vectors(20), 1)
    assert found[:, 0].tolist() == list(range(20))


def test_import_into_an_empty_service(exported: Path) -> None:
    for _start in range(2):
        with running(exported) as client:
            described = client.get("/collections").json()
            assert described["default"] == COLLECTION
            assert [(c["encoder"], c["count"]) for c in described["collections"]] == [(ENCODER, 20)]
            found = client.post("/search", json={"embeddings": vectors(20).tolist(), "k": 1}).json()
            assert found["indexes"] == [[i] for i in range(20)]


def test_the_owner_goes_along(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        put(client, catalogue="mine")
        client.post(f"/collections/{COLLECTION}/export")
        client.delete(f"/collections/{COLLECTION}?catalogue=mine")
    with running(tmp_path) as client:
        described = client.get(f"/collections/{COLLECTION}").json()
        assert (described["catalogue"], described["count"]) == ("mine", 20)


def test_no_import_where_something_is_indexed(exported: Path) -> None:
    (exported / "index.faiss").rename(exported / "kept")
    with running(exported) as client:
        put(client, count=3, collection="mine")
    (exported / "kept").rename(exported / "index.faiss")
    with running(exported) as client:
        assert client.get("/readyz").json()["vectors"] == 3


def refused(folder: Path, why: str, caplog: pytest.LogCaptureFixture) -> None:
    with running(folder) as client:
        ready = client.get("/readyz")
        assert ready.status_code == 200
        assert ready.json()["collections"] == 0
        assert why in ready.json()["notice"]
        assert "python -m search_service.portable" in ready.json()["notice"]
        assert why in caplog.text
        assert put(client)["count"] == 20


def test_without_sidecar(exported: Path, caplog: pytest.LogCaptureFixture) -> None:
    (exported / "index.faiss.json").unlink()
    refused(exported, "sidecar index.faiss.json can't be read", caplog)


def test_damaged(exported: Path, caplog: pytest.LogCaptureFixture) -> None:
    damaged = bytearray((exported / "index.faiss").read_bytes())
    damaged[-50] ^= 1
    (exported / "index.faiss").write_bytes(damaged)
    refused(exported, "doesn't match the SHA-256", caplog)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"encoder": None}, "names no encoder"),
        ({"encoder": ""}, "encoder must be"),
        ({"catalogue": 5}, "names a catalogue that is no string"),
        ({"catalogue": ""}, "catalogue must be"),
        ({"count": 19}, "another count or dimension"),
        ({"dimension": 9}, "another count or dimension"),
    ],
)
def test_sidecar_that_is_wrong(
    exported: Path, change: dict[str, object], why: str, caplog: pytest.LogCaptureFixture
) -> None:
    sidecar = exported / "index.faiss.json"
    sidecar.write_text(json.dumps(json.loads(sidecar.read_text()) | change))
    refused(exported, why, caplog)


def write(folder: Path, index: "faiss.Index") -> str:
    folder.mkdir(exist_ok=True)
    faiss.write_index(index, str(folder / "index.faiss"))
    return str(folder / "index.faiss")


def with_ids(index: "faiss.Index", rows: np.ndarray, ids: list[int]) -> "faiss.Index":
    mapped = faiss.IndexIDMap2(index)
    mapped.add_with_ids(rows, np.array(ids))
    return mapped


def test_seal_vouches_for_an_index_made_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    longer = vectors(4) * 3  # not unit length: normalised when imported
    file = write(tmp_path, with_ids(faiss.IndexFlatIP(8), longer, [0, 1, 2, 3]))
    assert seal.main([file, "--encoder", ENCODER]) == 0
    assert "4 vectors of fake/encoder@1:8" in capsys.readouterr().out
    with running(tmp_path) as client:
        found = client.post("/search", json={"embeddings": longer.tolist(), "k": 1}).json()
        assert found["indexes"] == [[0], [1], [2], [3]]
        assert np.allclose(found["scores"], 1)


def test_seal_refuses_what_could_never_be_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flat = faiss.IndexFlatIP(8)
    refusals = {
        "without ids": flat,
        "not an IndexFlatIP": with_ids(
            faiss.IndexHNSWFlat(8, 4, faiss.METRIC_INNER_PRODUCT), vectors(2), [0, 1]
        ),
        "IndexFlatL2": with_ids(faiss.IndexFlatL2(8), vectors(2), [0, 1]),
        "unique": with_ids(faiss.IndexFlatIP(8), vectors(2), [1, 1]),
        "from 0 up": with_ids(faiss.IndexFlatIP(8), vectors(2), [-1, 1]),
    }
    for why, index in refusals.items():
        assert seal.main([write(tmp_path, index), "--encoder", ENCODER]) == 1
        assert why in capsys.readouterr().err
    (tmp_path / "index.faiss").write_bytes(b"nonsense" * 100)
    assert seal.main([str(tmp_path / "index.faiss"), "--encoder", ENCODER]) == 1
    assert seal.main([str(tmp_path / "missing"), "--encoder", ENCODER]) == 1
    assert not (tmp_path / "index.faiss.json").exists()
