"""docker-compose.yml: hardened, readable by both generations of Compose, and no setting is forgotten."""

import re
from typing import Any

import pytest

from aggregate_service.config import Settings as AggregateSettings
from aggregate_service.local.config import LocalSettings
from embedding_service.config import Settings as EmbeddingSettings
from scripts.settings_docs import documented_name
from search_service.config import Settings as SearchSettings
from service_kit.settings import ServiceSettings
from tests.project.files import read_yaml

COMPOSE: dict[str, Any] = read_yaml("docker-compose.yml")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SETTINGS: dict[str, type[ServiceSettings]] = {
    "embedding_service": EmbeddingSettings,
    "search_service": SearchSettings,
    "aggregate_service": AggregateSettings,
    "prepare": LocalSettings,
}
STORAGE = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_ENDPOINT_URL",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
}
each_service = pytest.mark.parametrize("name", SERVICES)


def environment_names(settings: type[ServiceSettings]) -> set[str]:
    return {documented_name(settings, field) for field in settings.model_fields}


@each_service
def test_it_is_hardened(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "mem_limit" in service
    assert "privileged" not in service


@each_service
def test_a_stopped_neighbour_is_noticed_soon(name: str) -> None:
    assert SERVICES[name]["dns_opt"] == ["timeout:1", "attempts:1"]


def test_nothing_is_published_beyond_this_machine_unless_agg_publish_says_so() -> None:
    published = {port for service in SERVICES.values() for port in service.get("ports", [])}
    wider = {port for port in published if not port.startswith("127.0.0.1:")}
    assert wider == {"${AGG_PUBLISH:-127.0.0.1}:${AGG_FASTAPI_PORT:-8000}:8000"}
    assert SERVICES["aggregate_service"]["environment"]["AGG_PUBLISH"] == "${AGG_PUBLISH:-127.0.0.1}"


def test_the_database_runs_only_when_it_is_asked_for_and_only_inside() -> None:
    database = SERVICES["pgvector"]
    assert database["profiles"] == ["pgvector"]
    assert "ports" not in database
    assert "healthcheck" in database
    assert not any("pgvector" in service.get("depends_on", {}) for service in SERVICES.values())
    assert [name for name, service in SERVICES.items() if "profiles" in service] == ["pgvector"]


def test_the_search_image_can_have_a_client_of_the_database() -> None:
    assert SERVICES["search_service"]["build"]["args"]["EXTRAS"] == "${SEARCH_EXTRAS:-search}"


def test_the_embedding_service_can_be_scaled() -> None:
    assert "ports" not in SERVICES["embedding_service"]
    assert not any("container_name" in service for service in SERVICES.values())


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_reaches_its_container(name: str) -> None:
    """Passed on under its own name, or one of the addresses and paths that are fixed in a container."""
    fixed = re.compile(r".*_FASTAPI_(HOST|PORT)|.*_(DIR|FILE|PATH|ARCHIVE|SECONDS)")
    missing = environment_names(SETTINGS[name]) - set(SERVICES[name]["environment"])
    assert {setting for setting in missing if not fixed.fullmatch(setting)} == set()


@each_service
def test_everything_passed_on_is_a_setting(name: str) -> None:
    known = {"HF_ENDPOINT", "HF_HUB_OFFLINE", "HF_TOKEN"}
    known |= STORAGE if name == "aggregate_service" else set()
    known |= {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"} if name == "pgvector" else set()
    for settings in SETTINGS.values():
        known |= environment_names(settings)
    assert set(SERVICES[name].get("environment", {})) <= known


def test_nothing_that_compose_1_29_rejects() -> None:
    text = str(COMPOSE)
    for word in (
        "start_interval",
        "additional_contexts",
        "dockerfile_inline",
        "'develop'",
        "'include'",
        "'gpus'",
    ):
        assert word not in text
    assert "name" not in COMPOSE
    for service in SERVICES.values():
        for condition in service.get("depends_on", {}).values():
            assert set(condition) == {"condition"}


def test_variables_use_only_what_compose_1_29_knows() -> None:
    """`${X}`, `${X-default}` and `${X:-default}`; not `${X:+value}`."""
    for _, operator in re.findall(r"\$\{(\w+)(:?.)?", str(COMPOSE)):
        assert operator in ("}", "-", ":-")
