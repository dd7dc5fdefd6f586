"""A collection carried from one backend to another through a bundle, over real HTTP; and bundles that lie."""

import json
import socket
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
import pytest
import uvicorn

from aggregate_service.bundle.api import MoveError, SearchApi
from aggregate_service.bundle.transfer import export_bundle, import_bundle
from aggregate_service.cli import main as image_search
from search_service.main import create_app
from service_kit.arrays import from_npy, to_npy
from tests.search_service.samples import ENCODER, ids, settings, vectors
from tests.waiting import wait_until

NAME = "moved"
CATALOGUE = "of the source"


@contextmanager
def served(folder: Path, **others: Any) -> Iterator[SearchApi]:
    """A real search service on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(create_app(settings(folder, **others)), log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            api = SearchApi(f"http://127.0.0.1:{listening.getsockname()[1]}", pause=0.05)
            wait_until(lambda: is_ready(api), "the search service to be ready")
            yield api
        finally:
            server.should_exit = True
            thread.join()


def is_ready(api: SearchApi) -> bool:
    try:
        with urlopen(f"{api.url}/readyz") as answer:
            return int(answer.status) == 200
    except OSError:
        return False


@pytest.fixture
def source(tmp_path: Path) -> Iterator[SearchApi]:
    """Holds 500 vectors of 32 dimensions, ids 7 apart; two of them equal."""
    with served(tmp_path / "source") as api:
        rows = vectors(500, dimension=32)
        rows[9] = rows[8]
        api.upsert(NAME, ENCODER, np.arange(500) * 7, rows, CATALOGUE)
        yield api


@pytest.fixture
def bundle(source: SearchApi, tmp_path: Path) -> Path:
    path = tmp_path / "bundle.zip"
    export_bundle(source, path, None, b'["a.jpg"]', lambda _done, _of: None)
    return path


@pytest.mark.parametrize("backend", ["faiss", "postgres", "milvus"])
def test_into_every_backend_and_back(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    bundle: Path,
    source: SearchApi,
    backend: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    chosen = {} if backend == "faiss" else request.getfixturevalue(backend).settings()
    paths = tmp_path / "there" / "image_paths.json"
    with served(tmp_path / "target", **chosen) as target:
        for _repeated in range(2):
            assert image_search(["import", str(bundle), "--search", target.url, "--paths", str(paths)]) == 0
            assert f"{NAME}: 500 vectors, recall@10 1.000" in capsys.readouterr().out
        assert paths.read_text() == '["a.jpg"]'
        described = target.collection(NAME)
        assert described is not None
        assert (described["encoder"], described["catalogue"]) == (ENCODER, CATALOGUE)
        assert described["count"] == 500
        back = export_bundle(target, tmp_path / "back.zip", None, None, lambda _done, _of: None)
    first, second = (zipfile.ZipFile(path) for path in (bundle, tmp_path / "back.zip"))
    assert back.count == 500
    assert first.read("ids-00000.npy") == second.read("ids-00000.npy")
    rows = [from_npy(archive.read("vectors-00000.npy")) for archive in (first, second)]
    assert np.allclose(rows[0], rows[1], atol=1e-6)


def test_what_is_there_already_is_respected(tmp_path: Path, bundle: Path, source: SearchApi) -> None:
    def quiet(_done: int, _of: int) -> None: ...

    with served(tmp_path / "target") as target:
        target.upsert("others", ENCODER, ids(1), vectors(1, dimension=32), CATALOGUE)
        target.upsert("another-encoder", "e@2:32", ids(0), vectors(1, dimension=32))
        target.upsert("nobodys", ENCODER, ids(0), vectors(1, dimension=32))
        target.upsert("theirs", ENCODER, ids(0), vectors(1, dimension=32), "other")
        for name, why in (
            ("others", "other vectors already"),
            ("another-encoder", "choose another name"),
            ("nobodys", "belongs to no catalogue, and the bundle to catalogue 'of the source'"),
            ("theirs", "belongs to catalogue 'other', and the bundle to catalogue 'of the source'"),
        ):
            with pytest.raises(MoveError, match=why):
                import_bundle(target, bundle, name, None, quiet)
        target.upsert("half", ENCODER, np.arange(100) * 7, vectors(100, dimension=32), CATALOGUE)
        assert import_bundle(target, bundle, "half", None, quiet).count == 500
        (tmp_path / "mine.json").write_text("[]")
        with pytest.raises(MoveError, match="there already and differs"):
            import_bundle(target, bundle, None, tmp_path / "mine.json", quiet)
        assert target.collection(NAME) is None


def rewritten(bundle: Path, name: str, content: bytes) -> None:
    """The bundle with one file's content replaced."""
    with zipfile.ZipFile(bundle) as archive:
        files = {member: archive.read(member) for member in archive.namelist()}
    with zipfile.ZipFile(bundle, "w") as archive:
        for member, old in (files | {name: content}).items():
            archive.writestr(member, content if member == name else old)


def test_a_bundle_from_before_there_were_owners_has_none(tmp_path: Path, bundle: Path) -> None:
    manifest = json.loads(zipfile.ZipFile(bundle).read("manifest.json"))
    assert manifest.pop("catalogue") == CATALOGUE
    rewritten(bundle, "manifest.json", json.dumps(manifest).encode())
    with served(tmp_path / "target") as target:
        paths = str(tmp_path / "image_paths.json")
        assert image_search(["import", str(bundle), "--search", target.url, "--paths", paths]) == 0
        described = target.collection(NAME)
        assert described is not None
        assert described["catalogue"] is None


def test_bundles_that_lie_are_refused_before_anything_is_sent(
    tmp_path: Path, bundle: Path, source: SearchApi, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = json.loads(zipfile.ZipFile(bundle).read("manifest.json"))
    whole = bundle.read_bytes()
    lies = {
        "doesn't match its SHA-256": ("vectors-00000.npy", to_npy(vectors(500, dimension=32, seed=3))),
        "its manifest tells 501": ("manifest.json", json.dumps(manifest | {"count": 501}).encode()),
        "another format": ("manifest.json", json.dumps(manifest | {"format": "2"}).encode()),
        "no bundle that can be read": ("manifest.json", b"{}"),
        "can't be read": ("manifest.json", json.dumps(manifest | {"parts": 2}).encode()),
        "don't belong together": ("manifest.json", json.dumps(manifest | {"dimension": 31}).encode()),
    }
    with served(tmp_path / "target") as target:
        for why, (name, content) in lies.items():
            bundle.write_bytes(whole)
            rewritten(bundle, name, content)
            assert image_search(["import", str(bundle), "--search", target.url]) == 1
            assert why in capsys.readouterr().err
        for damaged in (whole[:-100], whole[: len(whole) // 2], b""):
            bundle.write_bytes(damaged)
            assert image_search(["import", str(bundle), "--search", target.url]) == 1
        assert target.collection(NAME) is None


class ChangesMeanwhile(SearchApi):
    """Somebody writes to the collection while its first page is read."""

    def ids(self, name: str, after: int, limit: int) -> np.ndarray:
        page = super().ids(name, after, limit)
        self.upsert(name, ENCODER, ids(3), vectors(1, dimension=32), CATALOGUE)
        return page


def test_export_of_what_changes_is_refused_and_leaves_no_file(tmp_path: Path, source: SearchApi) -> None:
    with pytest.raises(MoveError, match="changed while it was read"):
        export_bundle(ChangesMeanwhile(source.url), tmp_path / "b.zip", NAME, None, lambda _done, _of: None)
    assert not list(tmp_path.glob("b.zip*"))


def test_addresses_and_collections_that_are_not_there(
    tmp_path: Path, source: SearchApi, capsys: pytest.CaptureFixture[str]
) -> None:
    target = str(tmp_path / "b.zip")
    for arguments, why in (
        (["--search", "ftp://x"], "no address of a search API"),
        (["--search", source.url, "--collection", "nope"], "has no collection 'nope'"),
    ):
        assert image_search(["export", target, "--no-paths", *arguments]) == 1
        assert why in capsys.readouterr().err
    api = SearchApi("http://127.0.0.1:9", pause=0)
    with pytest.raises(MoveError, match="doesn't answer"):
        api.default()
