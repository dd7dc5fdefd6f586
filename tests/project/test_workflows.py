"""Continuous integration calls what people call, with actions that can't change under it."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.pythons import pins
from tests.project.files import ROOT, WORKFLOWS, read_yaml

TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def steps(workflow: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(workflow.read_text())["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


def test_there_is_a_workflow_for_each_occasion() -> None:
    assert [workflow.stem for workflow in WORKFLOWS] == ["audit", "compose", "lint", "release", "test"]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_by_commit(workflow: Path) -> None:
    for step in steps(workflow):
        assert "uses" not in step or re.search(r"@[0-9a-f]{40}$", step["uses"])


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_only_make_targets_are_run(workflow: Path) -> None:
    commands = [step["run"] for step in steps(workflow) if "run" in step]
    assert commands
    assert all(command.startswith("make ") and command[5:] in TARGETS for command in commands)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_jobs_get_no_more_than_they_need(workflow: Path) -> None:
    document = yaml.safe_load(workflow.read_text())
    assert document["permissions"] == {}
    for job in document["jobs"].values():
        if workflow.stem == "release":  # of a tag, which nobody but a maintainer pushes
            assert document[True] == {"push": {"tags": ["v[0-9]*"]}}
            assert job["permissions"] == {"contents": "write", "packages": "write"}
            assert job["timeout-minutes"] <= 120
        else:
            assert job["permissions"] == {"contents": "read"}
            assert job["timeout-minutes"] <= 30


def test_hooks_have_the_pinned_versions() -> None:
    hooks = [hook for repo in read_yaml(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    wanted = [pin.split("==") for hook in hooks for pin in hook.get("additional_dependencies", [])]
    assert wanted
    assert all(pins()[name] == version for name, version in wanted)


def test_hooks_are_local() -> None:
    assert {repo["repo"] for repo in read_yaml(".pre-commit-config.yaml")["repos"]} == {"local"}
