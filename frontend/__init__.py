"""The page people see: templates, messages, one stylesheet and small ES modules, served by the aggregate."""

import hashlib
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
MESSAGES = Path(__file__).parent / "messages"
STATIC = Path(__file__).parent / "static"


def static_version() -> str:
    """Names the content of all static files: modules import each other, so they change address together."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:10]


def shell() -> list[str]:
    """The static files that a page is made of, whichever page it is."""
    modules = sorted(path.name for path in STATIC.glob("*.js"))
    return [*modules, "favicon.svg", "style.css"]
