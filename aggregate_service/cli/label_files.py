"""Labels of a folder in YOLO's layout: beside its pictures, `labels/` with a text file for each."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

from aggregate_service.cli.coco_names import COCO_NAMES
from picture_files.formats import SUFFIXES

_NAMES_FILES = ("classes.txt", "obj.names", "labels/classes.txt")
_NUMBERED = re.compile(r"^\s+(\d+):\s*(.+?)\s*$", re.MULTILINE)
_LISTED = re.compile(r"^names:\s*(\[.*?\])", re.MULTILINE | re.DOTALL)


def labels_folder(folder: Path) -> Path | None:
    """`labels/` in it or beside it; None where the folder isn't in this layout."""
    for place in (folder / "labels", folder.parent / "labels"):
        if place.is_dir() and next(place.rglob("*.txt"), None) is not None:
            return place
    return None


def as_csv(folder: Path, labels: Path) -> bytes:
    """A list of the folder's pictures by their absolute paths, and what each shows; some show nothing."""
    names = class_names(folder, labels)
    files = {path.stem: path for path in sorted(labels.rglob("*.txt"))}
    text = io.StringIO()
    write = csv.writer(text).writerow
    write(("path", "labels"))
    for picture in _pictures(folder):
        shown = _classes(files[picture.stem]) if picture.stem in files else []
        write((picture.resolve(), ";".join(names.get(number, f"class {number}") for number in shown)))
    return text.getvalue().encode(errors="surrogateescape")


def class_names(folder: Path, labels: Path) -> dict[int, str]:
    """By number: from classes.txt or the data set's YAML where there is one; else those of COCO."""
    for above in (folder, labels.parent):
        for name in _NAMES_FILES:
            if (listed := above / name).is_file():
                return dict(enumerate(listed.read_text("utf-8").splitlines()))
        for description in sorted((*above.glob("*.yaml"), *above.glob("*.yml"))):
            if names := _described(description.read_text("utf-8", errors="replace")):
                return names
    return dict(enumerate(COCO_NAMES))


def _described(text: str) -> dict[int, str]:
    """What a data set's YAML says under `names`, in either of the forms that YOLO's tools write."""
    if listed := _LISTED.search(text):
        return dict(enumerate(json.loads(listed[1].replace("'", '"'))))
    after = text.partition("\nnames:")[2]
    return {int(number): name.strip("'\"") for number, name in _NUMBERED.findall(after)}


def _pictures(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES and path.is_file())


def _classes(file: Path) -> list[int]:
    """Each class once; every line has one object: its class, and where it is."""
    lines = file.read_text("utf-8", errors="replace").splitlines()
    return sorted({int(line.split()[0]) for line in lines if line[:1].isdigit()})
