"""Open only on this machine: wider takes a password, or saying that everybody may."""

import re
from typing import Any

import pytest

from aggregate_service.access.settings import rules_of, why_not_started
from aggregate_service.config import Settings
from service_kit.settings import from_environment

WIDE = {"host": "0.0.0.0"}


def settings(**given: Any) -> Settings:
    return Settings(_env_file=None, **given)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_on_this_machine_it_starts_without_a_word(host: str) -> None:
    assert why_not_started(settings(host=host), in_container=False) is None
    assert rules_of(settings(host=host)).is_open


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "nas"])
def test_wider_it_stops_with_one_line_that_says_what_to_set(host: str) -> None:
    why = why_not_started(settings(host=host), in_container=False)
    assert why is not None
    assert "ACCESS_PASSWORD" in why
    assert "ACCESS_OPEN=yes" in why
    assert "\n" not in why


@pytest.mark.parametrize(
    "given",
    [
        {"access_password": "p"},
        {"access_open": "yes"},
        {"access_token": "t"},
        {"access_proxy_header": "Remote-User", "trusted_proxies": "10.0.0.1"},
    ],
)
def test_wider_with_a_way_in_it_starts(given: dict[str, str]) -> None:
    assert why_not_started(settings(**WIDE, **given), in_container=False) is None


def test_in_a_container_what_compose_publishes_counts() -> None:
    assert why_not_started(settings(**WIDE, agg_publish="127.0.0.1"), in_container=True) is None
    assert why_not_started(settings(**WIDE, agg_publish="0.0.0.0"), in_container=True)
    assert why_not_started(settings(**WIDE), in_container=True)
    assert why_not_started(settings(**WIDE, agg_publish="127.0.0.1"), in_container=False)


def test_open_is_open_whatever_token_there_is() -> None:
    assert rules_of(settings(**WIDE, access_open=True, access_token="t")).is_open
    assert not rules_of(settings(**WIDE, access_token="t")).is_open
    assert rules_of(settings(access_token="t")).is_open  # make run, on this machine


@pytest.mark.parametrize(
    "given",
    [
        {"access_password": "$argon2id$v=19$nonsense"},
        {"access_proxy_header": "Remote-User"},
        {"trusted_proxies": "x"},
        {"root_path": "no-slash"},
        {"access_proxy_rights": "root"},
        {"database_url": "joe:secret@h"},
        {"database_url": "postgresql://joe:sec ret@[::1/x"},
    ],
)
def test_what_can_not_be_used_is_said_at_the_start(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        settings(**given)


def test_what_is_secret_is_not_said_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCESS_PASSWORD", "$argon2id$v=19$nonsense")
    monkeypatch.setenv("DATABASE_URL", "joe:geheim@h")
    monkeypatch.setenv("MAX_K", "0")
    with pytest.raises(SystemExit) as stopped:
        from_environment(Settings)
    assert "ACCESS_PASSWORD can't be used" in str(stopped.value)
    assert "MAX_K=0 can't be used" in str(stopped.value)
    assert "DATABASE_URL can't be used: write it as postgresql://" in str(stopped.value)
    assert not {"argon2id", "geheim"} & set(re.findall(r"\w+", str(stopped.value)))
