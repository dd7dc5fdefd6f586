"""Where the truth comes from: labels, sub-folders, lists that name pictures in several ways."""

from pathlib import Path

import pytest

from aggregate_service.catalogue.catalog import Catalog, NewPicture, Place
from aggregate_service.catalogue.records import Facts
from aggregate_service.evaluation import truth
from aggregate_service.evaluation.errors import NoLabels, NoSubfolders, UnusableLabels
from aggregate_service.evaluation.label_list import read_labels
from aggregate_service.evaluation.truth import Truth, by_labels, by_list, by_subfolders


def add(catalog: Catalog, root: int | None, path: str, **said: object) -> int:
    facts = Facts(1, 1, f"{root}{path}".encode().hex(), 1, 1)
    picture, _ = catalog.add_content(NewPicture(Place(root, path), facts, **said))  # type: ignore[arg-type]
    return picture.id


@pytest.fixture
def filled(catalog: Catalog) -> dict[str, int]:
    one = catalog.roots.add("/photos", "", "").id
    two = catalog.roots.add("/more", "", "").id
    return {
        "cat": add(catalog, one, "cats/1.jpg", labels=("pet",)),
        "deep": add(catalog, one, "cats/old/2.jpg"),
        "dog": add(catalog, one, "dogs/1.jpg", labels=("pet", "loud")),
        "top": add(catalog, one, "3.jpg"),
        "other": add(catalog, two, "cats_not/4.jpg"),
        "sent": add(catalog, None, "ab/cd/hash.jpg", title="holiday.jpg", source_url="https://e.org/h.jpg"),
    }


def test_labels_in_the_catalogue(catalog: Catalog, filled: dict[str, int]) -> None:
    found = by_labels(catalog.database, 0)
    assert found.labels == {filled["cat"]: {"pet"}, filled["dog"]: {"pet", "loud"}}
    assert found.without(["pet"]).labels == {filled["cat"]: set(), filled["dog"]: {"loud"}}
    assert Truth.from_json(found.to_json()) == found


def test_a_catalogue_without_labels_says_how_to_give_some(catalog: Catalog) -> None:
    with pytest.raises(NoLabels, match="CSV"):
        by_labels(catalog.database, 0)


def test_subfolders_are_labels(catalog: Catalog, filled: dict[str, int]) -> None:
    found = by_subfolders(catalog.database, "/photos", 0)
    cats, dogs = frozenset({"cats"}), frozenset({"dogs"})
    assert found.labels == {
        filled["cat"]: cats,
        filled["deep"]: cats,
        filled["dog"]: dogs,
        filled["top"]: frozenset(),
    }
    assert by_subfolders(catalog.database, "/photos/cats", 0).labels[filled["deep"]] == {"old"}
    with pytest.raises(NoSubfolders, match="/photos/dogs"):
        by_subfolders(catalog.database, "/photos/dogs", 0)
    with pytest.raises(NoSubfolders):
        by_subfolders(catalog.database, "/elsewhere", 0)


def test_a_list_names_pictures_by_path_title_link_or_file_name(
    catalog: Catalog, filled: dict[str, int], tmp_path: Path
) -> None:
    rows = [
        "path,labels",
        '/photos/cats/1.jpg,"cat, small"',
        "dogs/1.jpg,dog",
        "somewhere/else/3.jpg,nothing",
        "holiday.jpg,sea",
        "1.jpg,one of several",
        "nobody.jpg,x",
    ]
    (tmp_path / "l.csv").write_text("\n".join(rows))
    found = by_list(catalog.database, tmp_path / "l.csv", "l.csv", 0)
    assert found.labels == {
        filled["cat"]: {"cat", "small"},
        filled["dog"]: {"dog"},
        filled["top"]: {"nothing"},
        filled["sent"]: {"sea"},
    }
    assert (found.known, found.unknown) == (4, 2)
    (tmp_path / "l.csv").write_text("path,labels\nnobody.jpg,x\n")
    with pytest.raises(UnusableLabels, match=r"None of the 1 pictures that l\.csv names"):
        by_list(catalog.database, tmp_path / "l.csv", "l.csv", 0)


def test_many_pictures_are_a_sample(
    catalog: Catalog, filled: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(truth, "MOST_PICTURES", 1)
    found = by_labels(catalog.database, 0)
    assert (len(found.labels), found.known) == (1, 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("filename;category\na.jpg;cat\na.jpg;dog\n", {"a.jpg": {"cat", "dog"}}),
        ("image,labels\na.jpg,cat,dog\nb.jpg,\n", {"a.jpg": {"cat", "dog"}, "b.jpg": set()}),
        ("labels,path\ncat|dog,.\\a.jpg\n,\n", {"a.jpg": {"cat", "dog"}}),
        ("\ufeffid,title,tags\n7,Sea,cat\n", {"Sea": {"cat"}}),
    ],
)
def test_lists_as_people_write_them(text: str, expected: dict[str, set[str]], tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text(text)
    assert read_labels(tmp_path / "l.csv", "l.csv") == expected


@pytest.mark.parametrize("text", ["", "cat,dog\na,b\n", "path,labels\n"])
def test_what_is_no_list_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text(text)
    with pytest.raises(UnusableLabels, match=r"l\.csv"):
        read_labels(tmp_path / "l.csv", "l.csv")
