"""Each image holds its own service and no more, and doesn't run as root."""

import re

import pytest

from tests.project.files import ROOT, SERVICES

each_service = pytest.mark.parametrize("service", SERVICES)
EVERYTHING = ""
"""The folder of the image that holds all three, the repository's root."""
each_image = pytest.mark.parametrize("service", [*SERVICES, EVERYTHING])


def dockerfile(service: str) -> str:
    return (ROOT / service / "Dockerfile").read_text()


def final_stage(service: str) -> str:
    return dockerfile(service).rsplit("\nFROM ", 1)[1]


@each_service
def test_it_installs_its_own_extra_only(service: str) -> None:
    extra = service.removesuffix("_service")
    (installed,) = re.findall(r"""['"]\.\[(.*?)\]['"]""", dockerfile(service))
    if installed == "${EXTRAS}":
        (installed,) = re.findall(r"^ARG EXTRAS=(.*)$", dockerfile(service), re.MULTILINE)
    assert installed.removesuffix(",s3") == extra
    assert "-c constraints.txt" in dockerfile(service)


@each_service
def test_the_final_image_copies_its_own_packages_only(service: str) -> None:
    beside = {"aggregate_service": {"picture_files", "frontend"}, "embedding_service": {"picture_files"}}
    own = {"service_kit", service} | beside.get(service, set())
    copied = re.findall(r"^COPY (\w+) \1$", final_stage(service), re.MULTILINE)
    assert set(copied) == own
    assert "pip" not in final_stage(service)


@each_image
def test_what_is_copied_exists_and_is_let_through(service: str) -> None:
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    for sources in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile(service), re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists()
            assert f"!{source}" in allowed


@each_image
def test_the_licences_are_installed_with_the_package(service: str) -> None:
    """Where pip puts what `license-files` names: in the environment that the final image takes over."""
    stages = dockerfile(service).split("\nFROM ")
    (copied,) = re.findall(r"^COPY (pyproject.toml .*) \./$", stages[-2], re.MULTILINE)
    assert {"LICENSE", "NOTICE"} <= set(copied.split())
    assert 'license-files = ["LICENSE", "NOTICE"]' in (ROOT / "pyproject.toml").read_text()
    assert "COPY --from=dependencies /venv /venv" in stages[-1]


@each_image
def test_it_runs_as_a_fixed_user_with_a_healthcheck(service: str) -> None:
    assert "\nUSER 10001:10001\n" in final_stage(service)
    assert "\nHEALTHCHECK " in final_stage(service)
    assert "PYTHONUNBUFFERED=1" in final_stage(service)


@each_image
def test_no_frontend_image_is_pulled(service: str) -> None:
    assert "syntax=" not in dockerfile(service)
    assert set(re.findall(r"^FROM (\S+)", dockerfile(service), re.MULTILINE)) == {"${PYTHON_IMAGE}"}


def test_one_image_holds_all_three() -> None:
    assert "'.[embedding,search,aggregate,s3]'" in dockerfile(EVERYTHING)
    copied = set(re.findall(r"^COPY (\w+) \1$", final_stage(EVERYTHING), re.MULTILINE))
    assert copied == {"service_kit", "picture_files", "frontend", *SERVICES}
    assert "pip" not in final_stage(EVERYTHING)
