"""The workflow tests the Pythons that we say we support; each of them is one that pip was asked about."""

import tomllib

from scripts.pythons import ASKED, lacking, pins, supported
from tests.project.files import ROOT, read_yaml

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_the_workflow_tests_every_python_that_is_supported() -> None:
    job = read_yaml(".github/workflows/test.yml")["jobs"]["test"]
    assert tuple(job["strategy"]["matrix"]["python"]) == supported()
    assert job["steps"][-1] == {"run": "make test", "env": {"PYTHON": "python${{ matrix.python }}"}}


def test_every_python_that_is_supported_is_asked_about() -> None:
    assert set(supported()) <= set(ASKED)


def test_the_oldest_one_is_named_the_same_everywhere() -> None:
    oldest = supported()[0]
    assert PROJECT["project"]["requires-python"] == f">={oldest}"
    assert PROJECT["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
    assert f"You need Python {oldest} or newer." in (ROOT / "README.md").read_text()


def test_pins_without_a_wheel_are_named() -> None:
    wheels = {("a", "3.14"): {"1.0", "1.1"}, ("b", "3.14"): {"2.1"}}
    pinned = {"a": "1.0", "b": "2.0", "c": "3.0"}
    missing = lacking("3.14", pinned, lambda package, python: wheels.get((package, python), set()))
    assert missing == ["b==2.0", "c==3.0"]


def test_every_pin_is_asked_about() -> None:
    assert {"torch", "faiss-cpu", "milvus-lite"} <= set(pins())
