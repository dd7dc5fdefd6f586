"""`deploy/prometheus`: rules that Prometheus takes, about metrics that the services really have."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from embedding_service.config import Settings as EmbeddingSettings
from embedding_service.main import create_app as embedding_app
from search_service.config import Settings as SearchSettings
from search_service.main import create_app as search_app
from tests.aggregate_service.conftest import new_world
from tests.project.files import ROOT, read_yaml

FOLDER = ROOT / "deploy" / "prometheus"
RULES = [
    rule
    for group in read_yaml("deploy/prometheus/image-search.rules.yml")["groups"]
    for rule in group["rules"]
]
_NO_NAMES = re.compile(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\b(by|on|without)\s*\([^)]*\)')
_NAME = re.compile(r"\b[a-z_]\w*\b(?!\s*\()")


def promtool(*arguments: str) -> None:
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("no promtool: install Debian's package prometheus to run this")
    done = subprocess.run([tool, *arguments], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def metrics_of(expression: str) -> set[str]:
    bare = _NO_NAMES.sub(" ", re.sub(r'"[^"]*"', "", expression))
    return set(_NAME.findall(bare)) - {"by", "time"}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """What `/metrics` of the three services lists."""
    place = tmp_path_factory.mktemp("metrics")
    apps = [
        new_world(place / "world").make_app(),
        search_app(SearchSettings(_env_file=None, data_dir=place / "search")),
        embedding_app(EmbeddingSettings(_env_file=None, model="color-layout")),
    ]
    names = {"up"}
    for app in apps:
        with TestClient(app) as client:
            text = client.get("/metrics").text
        for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE):
            names |= {f"{name}_bucket", f"{name}_sum", f"{name}_count"} if kind == "histogram" else {name}
    return names


def test_promtool_takes_the_rules() -> None:
    promtool("check", "rules", "image-search.rules.yml")


def test_the_rules_say_what_their_tests_expect() -> None:
    promtool("test", "rules", "image-search.test.yml")


def test_promtool_takes_the_configuration(tmp_path: Path) -> None:
    copy = tmp_path / "prometheus"
    shutil.copytree(FOLDER, copy)
    (copy / "image-search.key").touch()
    promtool("check", "config", str(copy / "prometheus.yml"))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_metric_of_a_rule_exists(rule: dict[str, str], known: set[str]) -> None:
    named = metrics_of(rule["expr"])
    assert named
    assert named <= known


def test_names_are_found_in_an_expression() -> None:
    found = metrics_of('sum by (le, job) (rate(a_bucket{x=~"b.."}[5m])) / time() > 2 * c_at_10')
    assert found == {"a_bucket", "c_at_10"}
