"""The content store: whole files only, each content once, leftovers swept away."""

import os
import time
from pathlib import Path

import pytest

from aggregate_service.files.content_store import ContentStore, content_place

SHA = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    return ContentStore(tmp_path / "uploads")


def on_disk(store: ContentStore, name: str) -> Path:
    file = store.locate(name)
    assert isinstance(file, Path)
    return file


def keep(store: ContentStore, data: bytes) -> str:
    aside = store.aside()
    aside.write(data)
    aside.finish()
    return store.keep(aside.path, aside.sha256, ".png")


def test_a_file_lies_under_the_name_of_its_content(store: ContentStore) -> None:
    place = keep(store, b"hello")
    assert place == content_place(SHA, ".png") == f"2c/f2/{SHA}.png"
    assert store.locate(place).read_bytes() == b"hello"
    assert on_disk(store, place).stat().st_mode & 0o777 == 0o644


def test_the_same_content_is_kept_once(store: ContentStore) -> None:
    first = on_disk(store, keep(store, b"hello")).stat()
    assert on_disk(store, keep(store, b"hello")).stat().st_ino == first.st_ino
    assert list(on_disk(store, "incoming").iterdir()) == []


def test_what_is_discarded_is_gone(store: ContentStore) -> None:
    aside = store.aside()
    aside.write(b"hel")
    aside.discard()
    aside.discard()
    assert list(on_disk(store, "incoming").iterdir()) == []


def test_only_old_leftovers_are_swept(store: ContentStore) -> None:
    assert store.sweep() == 0
    old, new = store.aside(), store.aside()
    day_before = time.time() - 90_000
    os.utime(old.path, (day_before, day_before))
    assert store.sweep() == 1
    assert not old.path.exists()
    assert new.path.exists()
    old.discard()
    new.discard()


def test_lists_are_kept_by_name(store: ContentStore) -> None:
    aside = store.aside()
    aside.write(b"url\n")
    aside.finish()
    kept = store.keep_list(aside.path, "1234.csv")
    assert [name for name, _ in store.storage.listed("lists")] == [kept.name]
    assert kept == store.list_path("1234.csv")
    assert kept.read_bytes() == b"url\n"
