"""The files around the code, read once."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent
SERVICES = ("aggregate_service", "embedding_service", "search_service")
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def read_yaml(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())
