"""Which words and names the encoder knows, and how surely each names something that can be seen."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgpack

from embedding_service.encoders.mini_words import singulars
from training.class_names import class_names, plain, simple_names
from training.packages import FREQUENCIES
from training.wordnet import CONCRETE, THINGS, WordNet

LEAST_THING, LEAST_CLASS, LEAST_WORD = 2.3, 1.5, 3.8
"""How common (Zipf's scale) a thing, a word of a class's name, any other word must be."""

NAMES = 5000
"""Names of several words, besides the classes', whose rarest word is most common."""

VISIBLE, SOMETIMES, HARDLY = 1.0, 0.7, 0.35
_RECENT = {
    "selfie",
    "smartphone",
    "iphone",
    "hoodie",
    "smartwatch",
    "webcam",
    "suv",
    "tshirt",
    "snowboarding",
}
_SENSES = 3
_SIMPLE = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class Entry:
    """One row: `forms` of one meaning, the first of which is what the teacher is asked."""

    forms: tuple[str, ...]
    visible: float
    thing: bool
    """Whether its first meaning is a thing: phrases are made of these."""


def frequencies() -> dict[str, float]:
    """Each English word's frequency on Zipf's scale: 3 is one in a million."""
    with gzip.open(FREQUENCIES.find()) as packed:
        _, *bins = msgpack.load(packed, raw=False)
    return {word: 9 - step / 100 for step, words in enumerate(bins) for word in words}


def vocabulary(wordnet: WordNet, folder: Path) -> list[Entry]:
    """Every entry in alphabetical order. `folder` holds WordNet's `index.*` files."""
    common = frequencies()
    things = {word for synset in wordnet.concrete() for word in synset.words}
    classes = {plain(name) for names in class_names() for name in names}
    words = {word for word in things if _is_word(word) and common.get(word, 0) >= LEAST_THING}
    words |= {word for name in classes for word in name.split() if common.get(word, 0) >= LEAST_CLASS}
    words |= {word for word in _lemmas(folder) if _is_word(word) and common.get(word, 0) >= LEAST_WORD}
    nouns = {word for synset in wordnet.nouns.values() for word in synset.words}
    words = _without_plurals(words, nouns, wordnet.irregular) | _RECENT
    senses = _visible(wordnet, folder)
    clear, others = simple_names(class_names())
    others = {word for word in others if senses.get(word) == SOMETIMES}
    visible = senses | dict.fromkeys(clear | others | _kinds(wordnet, folder), VISIBLE)
    entries = [
        Entry(
            (word, *_irregular(word, wordnet, words)),
            visible.get(word, HARDLY),
            senses.get(word) == VISIBLE,
        )
        for word in words
    ]
    named = [synset for synset in wordnet.concrete() if synset.kind in THINGS]
    several = {word for synset in named for word in synset.words if " " in word}
    entries += [Entry((name,), VISIBLE, thing=True) for name in _names(several, classes, words, common)]
    return sorted(entries, key=lambda entry: entry.forms)


def _is_word(text: str) -> bool:
    return _SIMPLE.fullmatch(text) is not None


def _lemmas(folder: Path) -> set[str]:
    parts = ("noun", "adj", "verb", "adv")
    return {line.split()[0] for part in parts for line in _lines(folder / f"index.{part}")}


def _lines(path: Path) -> Iterable[str]:
    return (line for line in path.read_text("utf-8").splitlines() if not line.startswith(" "))


def _without_plurals(words: set[str], nouns: set[str], irregular: dict[str, str]) -> set[str]:
    def is_plural(word: str) -> bool:
        regular = any(form in words for form in singulars(word)[1:])
        return word not in nouns and (regular or irregular.get(word) in words)

    return {word for word in words if not is_plural(word)}


def _irregular(word: str, wordnet: WordNet, words: set[str]) -> list[str]:
    plurals = sorted(plural for plural, singular in wordnet.irregular.items() if singular == word)
    return [plural for plural in plurals if plural not in words and word not in singulars(plural)]


def _visible(wordnet: WordNet, folder: Path) -> dict[str, float]:
    """By the most common meanings of each noun: is the first one a thing, is one of the first three?"""
    found = {}
    for line in _lines(folder / "index.noun"):
        fields = line.split()
        keys = fields[-int(fields[2]) :][:_SENSES]
        seen = [wordnet.nouns[key].kind in CONCRETE for key in keys]
        found[fields[0]] = VISIBLE if seen[0] else SOMETIMES if any(seen) else HARDLY
    return found


def _kinds(wordnet: WordNet, folder: Path) -> set[str]:
    """Nouns whose first meaning stands above the kinds that are seen: `person`, `animal`."""
    nouns = (line.split() for line in _lines(folder / "index.noun"))
    return {fields[0] for fields in nouns if wordnet.is_top_thing(fields[-int(fields[2])])}


def _names(several: set[str], classes: set[str], words: set[str], common: dict[str, float]) -> set[str]:
    ranked = sorted(
        (
            (min(common.get(word, 0) for word in name.split()), name)
            for name in map(plain, several)
            if 2 <= len(name.split()) <= 4 and all(word in words for word in name.split())
        ),
        reverse=True,
    )
    return {name for name in classes if 2 <= len(name.split()) <= 4} | {name for _, name in ranked[:NAMES]}
