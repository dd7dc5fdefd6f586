"""What each label is called: captions from names people use, and the wider concepts it belongs to."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from torch import Tensor

CONCEPTS = Path(__file__).parent / "concepts.txt"
VARIANTS = 48  # captions kept for each concept
ROUGH = (0.5, 0.7, 0.85, 0.95)  # shares of the tokenizer's merges that some captions are split by
TEMPLATES = (
    "{}", "{}", "{}", "a {}", "the {}", "a photo of a {}", "a photo of {}", "a picture of a {}",
    "a picture of {}", "an image of a {}", "a close-up photo of a {}", "a small photo of a {}",
    "a blurry photo of a {}", "a bright photo of the {}", "a dark photo of a {}", "a good photo of a {}",
    "there is a {} in the picture", "a {} in the scene", "one {}", "many {}", "some {}", "my {}",
    "a large {}", "a {} on the ground", "a {} in front of a wall", "a snapshot of a {}", "show me a {}",
)  # fmt: skip


@dataclass(frozen=True)
class Concepts:
    """Leaves are what a picture is labelled with, parents what it also is; `names` are words for each."""

    leaves: list[str]
    parents: list[str]
    names: dict[str, list[str]]
    leaf_of: dict[str, str]
    parents_of: dict[str, list[str]]


def read_concepts(path: Path = CONCEPTS) -> Concepts:
    """Parse `label : names ; parents`, `label = leaf` and `parent > names`."""
    names: dict[str, list[str]] = {}
    leaf_of: dict[str, str] = {}
    parents_of: dict[str, list[str]] = {}
    parents: list[str] = []
    for line in path.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        if " > " in line:
            parent, words = line.split(" > ")
            parents.append(parent)
            names["> " + parent] = words.split(", ")
        elif " = " in line:
            label, leaf = line.split(" = ")
            leaf_of[label] = leaf
        else:
            label, _, rest = line.partition(" : ")
            words, _, wider = rest.partition(" ; ")
            leaf_of[label] = label
            names[label] = words.split(", ")
            parents_of[label] = wider.split(", ")
    return Concepts(sorted(parents_of), parents, names, leaf_of, parents_of)


def captions_of(names: list[str], parents: list[str], source: random.Random) -> Iterator[str]:
    """Endless captions: the plain name often, else a name in a template, at times with its parent."""
    while True:
        name = source.choice(names) if source.random() < 0.6 else names[0]
        if parents and source.random() < 0.15:
            parent = source.choice(parents)
            yield source.choice((f"{name}, a kind of {parent}", f"{parent}: {name}", f"{name} {parent}"))
        else:
            yield article(source.choice(TEMPLATES).format(plural(name) if source.random() < 0.15 else name))


def article(caption: str) -> str:
    """`a umbrella` to `an umbrella`."""
    words = caption.split(" ")
    pairs = zip(words, [*words[1:], ""], strict=True)
    return " ".join("an" if word == "a" and after[:1] in "aeiou" and after else word for word, after in pairs)


def plural(name: str) -> str:
    """The regular English plural, good enough to teach what an `s` does."""
    if name.endswith(("s", "x", "ch", "sh")):
        return name if name.endswith("s") else name + "es"
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return name[:-1] + "ies"
    return name + "s"


def train_tokenizer(concepts: Concepts, size: int, length: int) -> Tokenizer:
    """Byte-level BPE over every name and template: any text at all becomes tokens. Id 0 pads."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=["[PAD]"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    words = [word for names in concepts.names.values() for word in names]
    tokenizer.train_from_iterator([*words, *map(plural, words), *TEMPLATES], trainer)
    tokenizer.enable_padding(pad_id=0, pad_token="[PAD]", length=length)  # noqa: S106
    tokenizer.enable_truncation(length)
    return tokenizer


class CaptionBank:
    """Tokenised captions `(concepts, variants, length)`, leaves first; each step draws one of each."""

    def __init__(self, concepts: Concepts, tokenizer: Tokenizer, seed: int) -> None:
        source = random.Random(seed)  # noqa: S311
        streams = [
            captions_of(concepts.names[leaf], concepts.parents_of[leaf], source) for leaf in concepts.leaves
        ]
        streams += [captions_of(concepts.names["> " + parent], [], source) for parent in concepts.parents]
        self.leaves = len(concepts.leaves)
        self.ids = tokenise(streams, tokenizer)

    def add(self, streams: list[Iterator[str]], tokenizer: Tokenizer) -> None:
        """Append concepts, each with endless captions of its own."""
        self.ids = torch.cat([self.ids, tokenise(streams, tokenizer)])

    def draw(self, generator: torch.Generator) -> Tensor:
        """One caption of each concept, `(concepts, length)`."""
        choice = torch.randint(VARIANTS, (len(self.ids),), generator=generator)
        drawn = self.ids[torch.arange(len(self.ids)), choice]
        return drawn[:, : int((drawn != 0).sum(dim=1).max())]


def tokenise(streams: list[Iterator[str]], tokenizer: Tokenizer) -> Tensor:
    """Captions of each stream, `(streams, VARIANTS, length)`; a third of them in smaller parts of words."""
    rough = [rougher(tokenizer, share) for share in ROUGH]
    rows = [[next(stream) for _ in range(VARIANTS)] for stream in streams]
    chosen = [rough[place // 3 % len(rough)] if place % 3 == 0 else tokenizer for place in range(VARIANTS)]
    encoded = [[by.encode(text).ids for by, text in zip(chosen, row, strict=True)] for row in rows]
    return torch.tensor(encoded)


def rougher(tokenizer: Tokenizer, share: float) -> Tokenizer:
    """The same vocabulary, with the first `share` of the merges: parts of words come to mean something."""
    content = json.loads(tokenizer.to_str())
    merges = content["model"]["merges"]
    content["model"]["merges"] = merges[: round(len(merges) * share)]
    return Tokenizer.from_str(json.dumps(content))


def parent_targets(concepts: Concepts) -> Tensor:
    """For each leaf the share of each parent, rows summing to 1: `(leaves, parents)`."""
    table = torch.zeros(len(concepts.leaves), len(concepts.parents))
    for row, leaf in enumerate(concepts.leaves):
        for parent in concepts.parents_of[leaf]:
            table[row, concepts.parents.index(parent)] = 1
    return table / table.sum(dim=1, keepdim=True)
