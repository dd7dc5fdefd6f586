"""Vectors made elsewhere and their lists: what fits is read row by row, what doesn't is named."""

from pathlib import Path

import numpy as np
import pytest

from aggregate_service.errors import UnusableVectors
from aggregate_service.jobs.sources.vector_lists import VectorFile, check_vectors, read_places


def saved(tmp_path: Path, array: object) -> Path:
    path = tmp_path / "vectors.npy"
    np.save(path, np.asarray(array))
    return path


@pytest.mark.parametrize(
    ("name", "text", "places"),
    [
        ("list.txt", "a.jpg\nb c.jpg\n", ["a.jpg", "b c.jpg"]),
        ("list.txt", "﻿a.jpg\r\nhttps://example.org/b.jpg", ["a.jpg", "https://example.org/b.jpg"]),
        ("list.json", '["a.jpg", "b\\nc.jpg"]', ["a.jpg", "b\nc.jpg"]),
        ("list.csv", "id,path\n1,a.jpg\n2,b.jpg\n", ["a.jpg", "b.jpg"]),
        ("list.csv", 'URL\n"https://example.org/a,b.jpg"\n', ["https://example.org/a,b.jpg"]),
        ("list.csv", "a.jpg\nb.jpg\n", ["a.jpg", "b.jpg"]),
        ("list.csv", "", []),
    ],
)
def test_lists_are_read_in_their_order(tmp_path: Path, name: str, text: str, places: list[str]) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    assert list(read_places(tmp_path / name, name)) == places


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("list.json", b'{"a": 1}', "JSON list"),
        ("list.json", b"nonsense", "isn't JSON"),
        ("list.csv", b"colour,size\nred,3\n", "needs a column named path or url or link"),
        ("list.csv", b"id,path\n1\n", "row 2 has no column 2"),
        ("list.txt", b"\xff\xfe\x00a", "isn't UTF-8"),
    ],
)
def test_unusable_lists_are_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnusableVectors, match=said):
        list(read_places(tmp_path / name, name))


def test_rows_come_at_unit_length(tmp_path: Path) -> None:
    vectors = VectorFile(saved(tmp_path, np.array([[3, 4], [0, 2]], np.float32)), "v.npy")
    assert (vectors.count, vectors.dimension) == (2, 2)
    assert vectors.unit(0).tolist() == pytest.approx([0.6, 0.8])


@pytest.mark.parametrize("bad", [[0.0, 0.0], [np.nan, 1.0], [np.inf, 1.0]])
def test_rows_without_a_direction_are_refused_one_by_one(tmp_path: Path, bad: list[float]) -> None:
    vectors = VectorFile(saved(tmp_path, np.array([bad, [0, 2]], np.float32)), "v.npy")
    with pytest.raises(UnusableVectors, match="vector"):
        vectors.unit(0)
    assert vectors.unit(1).tolist() == [0, 1]


def test_files_that_are_no_vectors_are_refused(tmp_path: Path) -> None:
    for array in (np.zeros(3, np.float32), np.zeros((2, 2), np.int64), np.array(["a", "b"])):
        with pytest.raises(UnusableVectors, match="shape"):
            VectorFile(saved(tmp_path, array), "v.npy")
    (tmp_path / "v.npy").write_bytes(b"not numpy at all")
    with pytest.raises(UnusableVectors, match="readable"):
        VectorFile(tmp_path / "v.npy", "v.npy")
    path = saved(tmp_path, np.zeros((100, 4), np.float32))
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(UnusableVectors, match="readable"):
        VectorFile(path, "v.npy")


def test_counts_and_dimension_must_fit(tmp_path: Path) -> None:
    vectors = VectorFile(saved(tmp_path, np.ones((2, 4), np.float32)), "v.npy")
    assert check_vectors(vectors, iter(["a", "b"]), "list.txt", 4) == 2
    with pytest.raises(UnusableVectors, match="2 vectors, but 1 paths or links in list"):
        check_vectors(vectors, iter(["a"]), "list.txt", 4)
    with pytest.raises(UnusableVectors, match="encoder in use makes 512"):
        check_vectors(vectors, iter(["a", "b"]), "list.txt", 512)
