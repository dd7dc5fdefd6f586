"""What a release and the weekly audit are made of, without a network."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scripts.audit import vulnerabilities
from scripts.changelog import NoRelease, section
from tests.aggregate_service.servers import serving
from tests.project.files import ROOT

SERVICES = ("aggregate", "embedding", "search")
CHANGELOG = """# Changelog

## Unreleased

## 0.2.0 - 2026-12-01

### Added
- Backups.

## [0.1.0]

- The first.
"""


def test_a_release_gets_its_section_of_the_changelog() -> None:
    assert section(CHANGELOG, "0.2.0") == "### Added\n- Backups."
    assert section(CHANGELOG, "0.1.0") == "- The first."


@pytest.mark.parametrize(("version", "why"), [("0.3.0", "no section of 0.3.0"), ("Unreleased", "empty")])
def test_there_is_no_release_without_one(version: str, why: str) -> None:
    with pytest.raises(NoRelease, match=why):
        section(CHANGELOG, version)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "GITHUB_REF_NAME is the tag"),
        ({"GITHUB_REF_NAME": "v9.9.9"}, "REGISTRY is the container registry"),
        ({"GITHUB_REF_NAME": "v9.9.9", "REGISTRY": "r"}, "pyproject.toml says .*, not 9.9.9"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_published(given: dict[str, str], why: str) -> None:
    bare = {"PATH": os.environ["PATH"], "DRY_RUN": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [ROOT / "scripts/release"], env=bare | given, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert re.search(why, done.stderr), done.stderr


def test_four_images_and_the_notes_are_published(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "0.2.0"\n')
    given = {"GITHUB_REF_NAME": "v0.2.0", "REGISTRY": "r.example", "GITHUB_REPOSITORY_OWNER": "You"}
    environment = {"PATH": os.environ["PATH"], "DRY_RUN": "1"} | given
    said = subprocess.run(
        [tmp_path / "scripts/release"], env=environment, capture_output=True, text=True, check=True
    ).stdout
    built = re.findall(r"--file (\S+) --provenance=mode=max --sbom=true .*--tag (\S+):0\.2\.0", said)
    assert dict(built) == {
        "Dockerfile": "r.example/you/image-search",
        **{f"{name}_service/Dockerfile": f"r.example/you/image-search-{name}" for name in SERVICES},
    }
    assert "+ gh release create v0.2.0 --verify-tag" in said
    assert "- Backups." in said


def test_the_pins_are_asked_about() -> None:
    asked: list[Any] = []

    async def batch(request: Request) -> Response:
        asked.extend(json.loads(await request.body())["queries"])
        return JSONResponse({"results": [{"vulns": [{"id": "CVE-1"}]}, {}]})

    app = Starlette(routes=[Route("/v1/querybatch", batch, methods=["POST"])])
    with serving(app) as address:
        found = vulnerabilities({"a": "1.0", "b": "2"}, address)
    assert found == {"a": ["CVE-1"]}
    assert [(query["package"]["name"], query["version"]) for query in asked] == [("a", "1.0"), ("b", "2")]
