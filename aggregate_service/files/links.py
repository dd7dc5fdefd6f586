"""Symbolic links to folders: whether they are followed, and how far."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class LinkRules:
    """`below`: links lead no further than these; empty: to any folder that the service can read."""

    follow: bool = False
    below: Sequence[Path] = ()

    def allow(self, folder: Path) -> bool:
        """`folder` is real: no link is in its path."""
        return self.follow and (not self.below or any(folder.is_relative_to(above) for above in self.below))
