"""Write `.env.example` and the table of docs/settings.md from the services' own `Settings` classes."""

import re
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from aggregate_service.cli.config import CommandLineSettings
from aggregate_service.config import Settings as AggregateSettings
from aggregate_service.local.config import LocalSettings
from embedding_service.config import Settings as EmbeddingSettings
from search_service.config import Settings as SearchSettings
from service_kit.settings import ServiceSettings

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "settings.md"
SECTIONS: dict[str, type[ServiceSettings]] = {
    "All services": ServiceSettings,
    "Aggregate service": AggregateSettings,
    "Search service": SearchSettings,
    "Embedding service": EmbeddingSettings,
    "make run": LocalSettings,
    "Command line": CommandLineSettings,
}
_TABLE = re.compile(r"(<!-- settings:.*?-->\n).*?(<!-- /settings -->)", re.DOTALL)


def documented_name(settings: type[ServiceSettings], field: str) -> str:
    """What the environment calls it."""
    return str(settings.model_fields[field].validation_alias)


def own_fields(settings: type[ServiceSettings]) -> dict[str, FieldInfo]:
    """Environment name → field, without what every service inherits."""
    inherited = set() if settings is ServiceSettings else set(ServiceSettings.model_fields)
    return {
        documented_name(settings, name): field
        for name, field in settings.model_fields.items()
        if name not in inherited
    }


def default_of(field: FieldInfo) -> str:
    return "" if field.default in (None, PydanticUndefined) else str(field.default)


def sections() -> dict[str, dict[str, FieldInfo]]:
    """Each section's settings; one that several services read stands in the first of them only."""
    seen: set[str] = set()
    found = {}
    for section, settings in SECTIONS.items():
        fields = {name: field for name, field in own_fields(settings).items() if name not in seen}
        seen |= fields.keys()
        found[section] = fields
    return found


def env_example() -> str:
    """Every setting once, commented with its description; empty means the default that is said."""
    lines = [
        "# Copy to .env and change what you need; every value here is the default.",
        "# A relative path starts at the folder of .env, wherever a command is typed.",
    ]
    for section, fields in sections().items():
        lines += ["", f"# --- {section}"]
        for name, field in fields.items():
            lines += [f"# {field.description}", f"{name}={default_of(field)}"]
    return "\n".join(lines) + "\n"


def settings_table() -> str:
    rows = ["| name | default | what it does |", "|---|---|---|"]
    for section, fields in sections().items():
        rows.append(f"| **{section}** | | |")
        for name, field in fields.items():
            default = f"`{default_of(field)}`" if default_of(field) else ""
            rows.append(f"| `{name}` | {default} | {field.description} |")
    return "\n".join(rows) + "\n"


def with_settings_table(page: str) -> str:
    return _TABLE.sub(lambda found: found[1] + settings_table() + found[2], page)


def main() -> None:
    (ROOT / ".env.example").write_text(env_example())
    PAGE.write_text(with_settings_table(PAGE.read_text()))


if __name__ == "__main__":
    main()
