"""Each setting is read by its documented name alone, from the environment and from `.env`."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from aggregate_service.doctor.settings import OtherServices
from scripts.settings_docs import SECTIONS, documented_name
from service_kit.settings import ServiceSettings

SOMETHING_ELSE = "13"
"""No setting's default: who reads it has another value, or refuses it."""

CLASSES: list[type[ServiceSettings]] = [*SECTIONS.values(), OtherServices]
FIELDS = [
    pytest.param(settings, field, id=f"{settings.__module__}-{field}")
    for settings in CLASSES
    for field in settings.model_fields
]
each_field = pytest.mark.parametrize(("settings", "field"), FIELDS)


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for settings in CLASSES:
        for field in settings.model_fields:
            monkeypatch.delenv(documented_name(settings, field), raising=False)


def is_changed(plain: ServiceSettings, env_file: Path | None = None) -> bool:
    try:
        return type(plain)(_env_file=env_file) != plain
    except ValidationError:
        return True


def other_names(settings: type[ServiceSettings], field: str) -> set[str]:
    documented = documented_name(settings, field)
    return {field, field.upper(), documented.lower(), documented.title()} - {documented}


@each_field
def test_the_environment_has_the_documented_name_alone(
    settings: type[ServiceSettings], field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = settings(_env_file=None)
    for name in other_names(settings, field):
        monkeypatch.setenv(name, SOMETHING_ELSE)
    assert not is_changed(plain)
    monkeypatch.setenv(documented_name(settings, field), SOMETHING_ELSE)
    assert is_changed(plain)


@each_field
def test_the_env_file_has_the_documented_name_alone(
    settings: type[ServiceSettings], field: str, tmp_path: Path
) -> None:
    plain = settings(_env_file=None)
    env_file = tmp_path / ".env"
    env_file.write_text("".join(f"{name}={SOMETHING_ELSE}\n" for name in other_names(settings, field)))
    assert not is_changed(plain, env_file)
    env_file.write_text(f"{documented_name(settings, field)}={SOMETHING_ELSE}\n")
    assert is_changed(plain, env_file)


@each_field
def test_python_code_may_use_the_name_of_the_field(
    settings: type[ServiceSettings], field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = settings(_env_file=None)
    monkeypatch.setenv(documented_name(settings, field), SOMETHING_ELSE)
    assert settings(_env_file=None, **{field: settings.model_fields[field].default}) == plain
