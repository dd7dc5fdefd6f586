"""What every way in has in common: an item becomes a picture that is ready to be embedded, or has ended."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from aggregate_service.catalogue.records import Facts, NewPicture
from aggregate_service.files.storage import StoredFile
from aggregate_service.jobs.leases import Item, Outcome


@dataclass(frozen=True)
class Prepared:
    """A picture with its file, described: the id of its row in the catalogue, or what is new to it.

    `vector` is given where it was made elsewhere: shape (d,), unit length. `new`: its row says
    nothing of it yet; `changed`: its file had another content.
    """

    item: Item
    facts: Facts
    content: StoredFile
    picture: NewPicture | int
    vector: NDArray[np.float32] | None = None
    new: bool = False
    changed: bool = False


class IntakeKind(Protocol):
    """One way in. Problems that it raises become the item's error."""

    quick: bool
    """Takes milliseconds: pictures that are ready wait for these to be embedded together."""

    async def prepare(self, item: Item) -> Prepared | Outcome:
        """The picture, or how the item ended when there is nothing to embed."""
