"""What an evaluation found, as programs and pages read it; put together from the items of its job."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from pydantic import BaseModel, Field, computed_field

from aggregate_service.evaluation.findings import Findings, gain
from aggregate_service.evaluation.measures import Mean
from aggregate_service.improvement.projection import is_learned
from service_kit.messages.sentence import Sentence

Kept = dict[str, Any]


class Measured(BaseModel):
    """The mean of a measure over queries; `low` to `high` is its 95 % interval, null for a single query."""

    value: float = Field(examples=[0.437])
    low: float | None = Field(None, examples=[0.391])
    high: float | None = Field(None, examples=[0.482])


class Measures(BaseModel):
    """precision, recall and nDCG are those of the first k answers; mAP and MRR of the first 1,000."""

    precision: Measured
    recall: Measured
    ndcg: Measured
    map: Measured
    mrr: Measured


class LabelRow(BaseModel):
    """How well one label is found: by pictures that have it, or by its words."""

    label: str
    pictures: int = Field(description="How many have it.")
    queries: int
    measures: Measures


class EncoderRow(BaseModel):
    """One encoder, asked with pictures or with words; `problem` says why it has no measures."""

    model: str | None = Field(examples=["openai/clip-vit-base-patch32"])
    fingerprint: str | None = None
    by: str = Field(examples=["pictures"], description="pictures or words.")
    problem: Sentence | None = None
    pictures: int = Field(0, description="How many could be found.")
    queries: int = 0
    askable: int = Field(0, description="Queries there are; more than a thousand are sampled.")
    chance: float = Field(0.0, description="precision@k of answers drawn at random.")
    best_possible: float = Field(0.0, description="precision@k without a mistake.")
    measures: Measures | None = None
    gain: Measures | None = Field(
        None,
        description="What it finds more than the first encoder with the same queries; an interval that "
        "holds 0 shows no difference.",
    )
    labels: list[LabelRow] = []


class Report(BaseModel):
    """`source` is labels, folders or list; pictures without labels fit nothing, and must not be found."""

    id: str
    state: str = Field(examples=["done"])
    created_at: datetime
    finished_at: datetime | None = None
    source: str = Field(examples=["labels"])
    name: str | None = Field(None, description="The folder, or the list.")
    k: int = Field(examples=[5])
    words: str = Field(description="What is asked for a label.", examples=["{}"])
    ignore: list[str] = []
    seed: int = 0
    pictures: int = Field(description="Whose labels are known, or a sample of 20,000 of them.")
    known: int = Field(description="Of how many pictures these are drawn.")
    unknown: int = Field(description="Rows of the list that mean no picture of the catalogue.")
    labels: int = Field(description="How many different ones there are.")
    rows: list[EncoderRow] = []

    @computed_field(  # type: ignore[prop-decorator]
        description="An encoder here learned from labels of yours. Where they are the ones that it is judged "
        "by, its figures flatter; those of its improvement don't."
    )
    @property
    def learned(self) -> bool:
        return any(row.fingerprint and is_learned(row.fingerprint) for row in self.rows)


def kept(found: Findings) -> Kept:
    """As an item's payload keeps it; each query's values too, for comparisons."""
    queries = hashlib.sha256("\n".join(found.names).encode()).hexdigest()
    return {
        "pictures": found.pictures,
        "queries": found.queries,
        "askable": found.askable,
        "chance": found.chance,
        "best_possible": found.best_possible,
        "measures": measures(found.means),
        "labels": [
            {"label": each.label, "pictures": each.pictures, "queries": each.queries}
            | {"measures": measures(each.means)}
            for each in found.labels
        ],
        "asked": queries,
        "values": found.values.round(5).tolist(),
    }


def measures(means: Mapping[str, Mean]) -> Kept:
    return {
        name: {part: _rounded(getattr(mean, part)) for part in ("value", "low", "high")}
        for name, mean in means.items()
    }


def encoder_row(payload: Kept, problem: Sentence | None, first: Kept | None, seed: int) -> EncoderRow:
    """`first` is what the first encoder found with the same kind of queries, if there is one before."""
    found = payload.get("found") or {}
    facts = {name: found[name] for name in EncoderRow.model_fields if name in found}
    told = {"model": payload["model"], "fingerprint": payload.get("fingerprint"), "by": payload["by"]}
    return EncoderRow(**told, **facts, problem=problem, gain=_gain(first, found, seed))


def _gain(first: Kept | None, found: Kept, seed: int) -> Measures | None:
    if not first or not found or first["asked"] != found["asked"]:
        return None
    before, after = np.array(first["values"]), np.array(found["values"])
    return Measures.model_validate(measures(gain(before, after, seed)))


def first_found(payloads: Sequence[Kept], by: str) -> Kept | None:
    """What the first encoder of a comparison found."""
    return next((each["found"] for each in payloads if each["by"] == by and each.get("found")), None)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 5)
