"""What `GET /status` says: services, encoder, collection, queue, and what to do about problems."""

from typing import Self

from pydantic import BaseModel, Field, model_validator

from aggregate_service.clients.embedding import Encoder
from service_kit.messages.message import received
from service_kit.messages.sentence import Sentence


class ServiceState(BaseModel):
    name: str = Field(examples=["embedding"])
    ready: bool


class CollectionState(BaseModel):
    """What the encoder's vectors are kept in; what is None the search service didn't say."""

    name: str
    encoder: str
    count: int
    kind: str | None = Field(None, description="How it is searched; `flat` is exact.", examples=["flat"])
    bytes: int | None = Field(None, description="Memory that the index takes.")
    recall_at_10: float | None = Field(None, description="Measured; null before, and where it is exact.")
    recall: dict[str, float] | None = Field(
        None, description="The same by kind of query, of which `recall_at_10` is the least."
    )


class CatalogueState(BaseModel):
    label: str = Field(examples=["COCO128"])
    pictures: int
    searchable: int | None = Field(None, description="Those that can be found; null while it isn't known.")
    missing: int = Field(0, description="Beside those: pictures whose files are gone.")
    unreachable: int = Field(0, description="Beside those: pictures on a disk that can't be looked at.")


class Queue(BaseModel):
    """Jobs that aren't over."""

    running: int = 0
    queued: int = 0


class StatusProblem(Sentence):
    next: str | None = Field(None, description="What to do about it, if `detail` doesn't say so.")

    @model_validator(mode="after")
    def _with_the_name_of_next(self) -> Self:
        if self.next is not None:
            self.next = received({"type": f"{self.type}.next", "detail": self.next})
        return self


class StatusReport(BaseModel):
    services: list[ServiceState]
    encoder: Encoder | None = Field(description="Null while the embedding service doesn't answer.")
    collection: CollectionState | None = Field(description="Null while it isn't known.")
    catalogue: CatalogueState
    jobs: Queue
    versions: dict[str, str]
    problems: list[StatusProblem] = Field(description="Empty when every search can be answered in full.")
