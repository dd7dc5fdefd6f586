"""Labels, folders and cameras that begin with what was typed; labels of many pictures at once."""

import pytest

from aggregate_service.catalogue.catalog import Catalog
from tests.aggregate_service.samples import add


@pytest.fixture
def labelled(catalog: Catalog) -> Catalog:
    add(catalog, "0", "a/b/x.jpg", labels=["dog", "Dogs", "doggo", "cat", "🐕", "DOG TAG"])
    add(catalog, "1", "a/c/x.jpg", labels=["dog", "do"])
    add(catalog, "2", "Ägypten/x.jpg", labels=["sea " + "x" * 90])
    return catalog


def test_labels_in_any_capitals(labelled: Catalog) -> None:
    assert labelled.suggestions("label", "do") == ["do", "dog", "DOG TAG", "doggo", "Dogs"]
    assert labelled.suggestions("label", "DOG") == ["dog", "DOG TAG", "doggo", "Dogs"]
    assert labelled.suggestions("label", "🐕") == ["🐕"]
    assert labelled.suggestions("label", "zebra") == []
    assert labelled.suggestions("label", "", 3) == ["cat", "DOG TAG", "Dogs"]
    assert labelled.suggestions("label", "x" * 1_000) == []


def test_folders_without_their_roots(labelled: Catalog) -> None:
    assert labelled.suggestions("folder", "") == ["a", "a/b", "a/c", "Ägypten"]
    assert labelled.suggestions("folder", "a/") == ["a/b", "a/c"]
    assert labelled.suggestions("folder", "/") == []


def test_many_are_labelled_at_once(labelled: Catalog) -> None:
    assert labelled.change_labels([0, 1, 99], ["new", "dog", "new"], ["do", "cat"]) == 2
    assert labelled.pictures([0, 1])[1].labels == ("dog", "new")
    assert "cat" not in labelled.pictures([0])[0].labels
    assert labelled.change_labels([0], [], []) == 1
