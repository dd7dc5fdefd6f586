"""The page people see: templates, one stylesheet, one ES module, served by the aggregate service."""

from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"
