"""Phrases as people search with them, of known words: `a striped cat on a sofa`, `two dogs at the beach`."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from training.vocabulary import Entry

COUNT = 5000
# fmt: off
PLACES = (
    "beach", "street", "kitchen", "forest", "city", "table", "grass", "snow", "road", "sofa", "field",
    "river", "garden", "sky", "water", "desert", "mountain", "park", "bed", "floor", "wall", "window",
    "market", "stage", "office", "night", "rain", "sun", "fence", "tree", "bridge", "boat", "plate", "tray",
    "shelf",
)
KINDS = (
    "red", "blue", "green", "yellow", "white", "black", "brown", "small", "big", "old", "young", "two",
    "three", "four", "many", "several", "wooden", "colorful", "dark", "bright", "tiny", "large", "cute",
    "wild", "dirty", "wet", "orange", "pink", "purple", "golden", "grey", "long", "tall", "round",
    "striped", "happy", "sleeping",
)
DOING = (
    "riding", "eating", "holding", "wearing", "chasing", "watching", "carrying", "cleaning", "driving",
    "pulling", "playing",
)
# fmt: on
PATTERNS = (
    "{kind} {thing}",
    "{kind} {thing}",
    "a {thing} on a {place}",
    "a {kind} {thing} in the {place}",
    "{thing} and {other}",
    "a {thing} next to a {other}",
    "two {thing} on the {place}",
    "a {thing} with a {other}",
    "man {doing} a {thing}",
    "woman {doing} {kind} {other}",
    "{thing} {other}",
    "{thing} in {place}",
    "{thing} {doing} {other}",
    "people with {thing} at the {place}",
    "{thing} at {place} at night",
)


def phrases(entries: Sequence[Entry]) -> list[str]:
    """`COUNT` different ones, the same each time."""
    random = Random(2)  # noqa: S311 - phrases, not secrets
    things = [entry.forms[0] for entry in entries if entry.thing and " " not in entry.forms[0]]
    found = set[str]()
    while len(found) < COUNT:
        found.add(
            random.choice(PATTERNS).format(
                thing=random.choice(things),
                other=random.choice(things),
                place=random.choice(PLACES),
                kind=random.choice(KINDS),
                doing=random.choice(DOING),
            )
        )
    return sorted(found)
