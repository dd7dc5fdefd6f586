"""An installed package with one data file, as importlib.metadata finds it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from embedding_service.weights.packaged import PackagedFile

NAME = "weights-for-a-test"


@contextmanager
def installed_file(folder: Path, content: bytes) -> Iterator[PackagedFile]:
    """Installed as long as the context lasts."""
    (folder / "weights.pth").write_bytes(content)
    facts = folder / f"{NAME.replace('-', '_')}-1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1\n")
    sys.path.append(str(folder))
    try:
        yield PackagedFile(NAME, "1", "weights.pth", sha256(content).hexdigest())
    finally:
        sys.path.remove(str(folder))
