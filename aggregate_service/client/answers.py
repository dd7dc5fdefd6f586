"""What the Python client gives back: the service's answers as typed objects. Unknown fields are ignored."""

from typing import Any

from pydantic import BaseModel, Field

ENDED = ("done", "failed", "cancelled")


class Problem(BaseModel):
    """Why something wasn't done (RFC 9457); `status` is 0 where no answer came at all."""

    type: str = "about:blank"
    title: str = ""
    status: int = 0
    detail: str
    errors: list[dict[str, Any]] = []


class Note(BaseModel):
    """What to know of what was left out."""

    detail: str


class Hit(BaseModel):
    """One picture found. `score` is its cosine similarity, `relevance` how far it stands out (0 to 1).

    `url` and `thumbnail_url` are paths on the service: `ImageSearch.content` fetches them.
    """

    index: int
    score: float
    relevance: float | None = None
    path: str
    title: str | None = None
    labels: list[str] = []
    source_url: str | None = None
    url: str
    thumbnail_url: str
    duplicates: int | None = None


class Result(BaseModel):
    """The hits of one query, best first, or the problem with it."""

    filename: str | None = None
    text: str | None = None
    similar: list[Hit] = []
    nothing_close: bool = False
    problem: Problem | None = None


class SearchResult(BaseModel):
    """`results` has one entry for each query, in the order of asking."""

    model: str
    fingerprint: str
    notice: str | None = None
    unsupported: dict[str, int] = Field({}, description="Files that a scan saw and can't read, by kind.")
    notes: list[Note] = []
    results: list[Result]

    @property
    def hits(self) -> list[Hit]:
        """The first query's hits: all of them where one query was asked."""
        return self.results[0].similar if self.results else []


class Picture(BaseModel):
    """One picture of the catalogue."""

    id: int
    path: str
    folder: str | None = None
    title: str | None = None
    labels: list[str] = []
    source_url: str | None = None
    bytes: int | None = None
    width: int | None = None
    height: int | None = None
    sha256: str | None = None
    media_type: str | None = None
    added_at: str | None = None
    taken: str | None = None
    """By the clock of the place where it was taken; its file's date where `taken_guessed`."""
    taken_guessed: bool = True
    camera: str | None = None
    has_position: bool = False
    url: str
    thumbnail_url: str
    searchable: bool = True


class PicturePage(BaseModel):
    """One page of pictures, and how many there are on all pages; at least so many, where that isn't exact."""

    total: int
    total_is_exact: bool = True
    images: list[Picture]
    next: str | None = None


class Changed(BaseModel):
    changed: int


class DuplicateGroup(BaseModel):
    """The best first; `removable` are the ids of the others that nobody gave a label or a title."""

    images: list[Picture]
    removable: list[int] = []


class DuplicatesPage(BaseModel):
    groups: list[DuplicateGroup]
    next: int | None = None
    compared: int = 0
    total: int = 0


class Month(BaseModel):
    """`month` is as 2026-03; `cursor` is of the page with `sort="taken"` that it begins."""

    month: str
    count: int
    cursor: str


class Months(BaseModel):
    months: list[Month]


class Suggestions(BaseModel):
    suggestions: list[str]


class JobError(BaseModel):
    """Why one item of a job failed."""

    item: str
    status: int
    detail: str


class JobFailure(BaseModel):
    """Why `count` items of a job failed, as the first of them says it, and the names of some."""

    status: int
    detail: str
    count: int
    items: list[str] = []


class Job(BaseModel):
    """Work that the service does by and by: `done` and `failed` of `total` items."""

    id: str
    kind: str
    state: str
    total: int = 0
    done: int = 0
    failed: int = 0
    created_at: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    waiting: str | None = Field(None, description="What a running job waits for, if anything.")
    counts: dict[str, int] | None = Field(None, description="What it did, once it has ended.")
    unsupported: dict[str, int] = Field({}, description="Files that a scan saw and can't read, by kind.")
    notes: list[Note] = []
    failures: list[JobFailure] = []
    errors: list[JobError] = []
    pictures: list[int] = []

    @property
    def ended(self) -> bool:
        return self.state in ENDED


class Jobs(BaseModel):
    jobs: list[Job]


class Folder(BaseModel):
    """A folder that the service indexes where it lies; `indexed` is None while no encoder answers."""

    id: int
    path: str
    label: str = ""
    notice: str = ""
    pictures: int = 0
    missing: int = 0
    unreachable: int = 0
    unsupported: dict[str, int] = {}
    indexed: bool | None = None
    job: Job | None = None


class FolderList(BaseModel):
    folders: list[Folder]


class Model(BaseModel):
    """An encoder that the embedding service knows."""

    name: str
    fingerprint: str
    dimension: int
    modalities: list[str]
    licence: str = ""
    source: str = ""
    loaded: bool = False
    default: bool = False
    runtime: str | None = None


class Models(BaseModel):
    """`default` is the one that answers when none is named."""

    default: str | None = None
    notice: str | None = None
    models: list[Model]


class Deleted(BaseModel):
    deleted: int


class Key(BaseModel):
    """An API key, without the key itself. `right`: read, write or admin."""

    id: int
    name: str
    right: str
    created_at: str
    used_at: str | None


class NewKey(Key):
    key: str


class Keys(BaseModel):
    keys: list[Key]


class Measured(BaseModel):
    """A mean over queries, and its 95 % interval where there are several."""

    value: float
    low: float | None = None
    high: float | None = None


class Measures(BaseModel):
    """precision, recall and nDCG of the first k answers; mAP and MRR."""

    precision: Measured
    recall: Measured
    ndcg: Measured
    map: Measured
    mrr: Measured

    @property
    def in_order(self) -> tuple[Measured, ...]:
        return self.precision, self.recall, self.ndcg, self.map, self.mrr


class LabelRow(BaseModel):
    """How well one label is found."""

    label: str
    pictures: int
    queries: int
    measures: Measures


class EncoderRow(BaseModel):
    """One encoder, asked with pictures or with words; `problem` says why it has no measures.

    `gain` is what it finds more than the first encoder, query by query.
    """

    model: str | None = None
    fingerprint: str | None = None
    by: str
    problem: Problem | None = None
    pictures: int = 0
    queries: int = 0
    askable: int = 0
    chance: float = 0.0
    best_possible: float = 0.0
    measures: Measures | None = None
    gain: Measures | None = None
    labels: list[LabelRow] = []


class Evaluation(BaseModel):
    """What was found of `pictures` with labels (a sample, where `known` is more)."""

    id: str
    state: str
    created_at: str | None = None
    finished_at: str | None = None
    source: str
    name: str | None = None
    k: int
    words: str = "{}"
    ignore: list[str] = []
    seed: int = 0
    pictures: int
    known: int
    unknown: int = 0
    labels: int = 0
    rows: list[EncoderRow] = []
    learned: bool = False
    """An encoder here learned from labels; if from these, its figures flatter."""


class Improvement(Evaluation):
    """What a projection gains over the encoder alone; `result` is on, no-gain or only-tried."""

    result: str | None = None
    best: str | None = None
    fingerprint: str | None = None
    problem: Problem | None = None


class InUse(BaseModel):
    """The projection that answers are found with, and the improvement that it is from."""

    encoder: str
    fingerprint: str
    kind: str
    job: str
    since: str


class Improvements(BaseModel):
    in_use: InUse | None = None
    improvements: list[Improvement] = []


class EvaluationRequest(BaseModel):
    """By the catalogue's labels, unless `labels` (a CSV of path and labels) or `folder` is given."""

    labels: bytes | None = None
    name: str = "labels.csv"
    folder: str = ""
    models: list[str] = []
    k: int = 5
    words: str = "{}"
    ignore: list[str] = []
    seed: int = 0
