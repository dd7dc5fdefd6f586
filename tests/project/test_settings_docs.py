"""`.env.example` and the table of docs/settings.md are what the settings classes say, and load as that."""

from pathlib import Path

import pytest

from scripts.settings_docs import PAGE, ROOT, SECTIONS, env_example, own_fields, with_settings_table
from service_kit.settings import ServiceSettings


def test_env_example_equals_the_settings() -> None:
    assert (ROOT / ".env.example").read_text() == env_example(), "run: python -m scripts.settings_docs"


def test_the_table_equals_the_settings() -> None:
    page = PAGE.read_text()
    assert page == with_settings_table(page), "run: python -m scripts.settings_docs"
    assert "| `EMBEDDING_MODEL` |" in page
    assert "(docs/settings.md)" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("section", SECTIONS)
def test_env_example_loads_as_the_defaults(
    section: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in own_fields(SECTIONS[section]) | own_fields(ServiceSettings):
        monkeypatch.delenv(name, raising=False)
    copy = tmp_path / ".env"
    copy.write_text(env_example())
    settings = SECTIONS[section]
    assert settings(_env_file=copy) == settings(_env_file=None)


def test_a_name_that_services_share_has_one_default() -> None:
    defaults: dict[str, set[object]] = {}
    for settings in SECTIONS.values():
        for name, field in own_fields(settings).items():
            defaults.setdefault(name, set()).add(field.default)
    assert {name: values for name, values in defaults.items() if len(values) > 1} == {}
