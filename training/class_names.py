"""What ImageNet's 1,000 classes are called."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from training.packages import CLASS_NAMES, SYNONYMS


def class_names() -> list[list[str]]:
    """Of each of the 1,000 classes: its clear name, then what else it is called."""
    clear = json.loads(CLASS_NAMES.find().read_text())
    others = json.loads(SYNONYMS.find().read_text())
    return [[name, *others[str(number)].split(", ")] for number, name in enumerate(clear)]


def plain(name: str) -> str:
    return " ".join(re.findall("[a-z0-9]+", name.lower()))


def simple_names(classes: Iterable[Sequence[str]]) -> tuple[set[str], set[str]]:
    """Clear names of one word; and what else classes are called in one: other names, and how names end."""
    names = [[plain(name) for name in each] for each in classes]
    clear = {first for first, *_ in names if " " not in first}
    others = {name for each in names for name in each if " " not in name}
    others |= {first.rpartition(" ")[2] for first, *_ in names}
    return clear, others - clear
