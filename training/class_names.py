"""What ImageNet's 1,000 classes are called."""

from __future__ import annotations

import json

from training.packages import CLASS_NAMES, SYNONYMS


def class_names() -> list[list[str]]:
    """Of each of the 1,000 classes: its clear name, then what else it is called."""
    clear = json.loads(CLASS_NAMES.find().read_text())
    others = json.loads(SYNONYMS.find().read_text())
    return [[name, *others[str(number)].split(", ")] for number, name in enumerate(clear)]
