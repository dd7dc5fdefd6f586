"""WordNet's nouns, from the files of Debian's package `wordnet-base` (or the release's `dict/` folder)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PHYSICAL = "00001930"  # physical_entity.n.01
CONCRETE = frozenset({5, 6, 8, 13, 15, 17, 18, 19, 20, 25, 27})
"""Lexicographers' files: animal, artifact, body, food, location, object, person, plant, …"""

TOPS = 3
"""The file of what all else stands below: `person` and `animal`, but `event` and `relation` too."""

THINGS = frozenset({5, 6, 8, 13, 17, 20})
"""Those of them that a name of several words is likely to be looked for of."""


@dataclass(frozen=True)
class Synset:
    words: tuple[str, ...]
    kind: int
    above: tuple[str, ...]
    gloss: str


@dataclass(frozen=True)
class WordNet:
    nouns: dict[str, Synset]
    irregular: dict[str, str]
    """Plurals that aren't formed by rule, and their singulars."""

    @classmethod
    def read(cls, folder: Path) -> WordNet:
        lines = (folder / "data.noun").read_text("utf-8").splitlines()
        nouns = dict(_synset(line) for line in lines if not line.startswith(" "))
        pairs = (
            (line.split()[0], line.split()[1])
            for line in (folder / "noun.exc").read_text("utf-8").splitlines()
        )
        return cls(nouns, dict(pairs))

    def concrete(self) -> list[Synset]:
        """What can be seen: physical things, people, places, in the order of the file."""
        return [
            synset for key, synset in self.nouns.items() if synset.kind in CONCRETE and self._physical(key)
        ]

    def is_top_thing(self, key: str) -> bool:
        return self.nouns[key].kind == TOPS and self._physical(key)

    def _physical(self, key: str) -> bool:
        waiting, seen = [key], set[str]()
        while waiting:
            key = waiting.pop()
            if key == PHYSICAL:
                return True
            if key not in seen:
                seen.add(key)
                waiting += self.nouns[key].above
        return False


def _synset(line: str) -> tuple[str, Synset]:
    facts, _, gloss = line.partition(" | ")
    fields = facts.split()
    count = int(fields[3], 16)
    words = tuple(word.replace("_", " ").lower() for word in fields[4 : 4 + 2 * count : 2])
    pointers = fields[5 + 2 * count :]
    above = tuple(pointers[i + 1] for i in range(0, len(pointers) - 1, 4) if pointers[i] in ("@", "@i"))
    return fields[0], Synset(words, int(fields[1]), above, gloss.split(";")[0].split('"')[0].strip())
