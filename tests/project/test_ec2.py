"""`deploy/ec2`: each file is what its reader takes, and the page that describes it names what is there."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from service_kit.hosts import HostRules
from tests.project.files import ROOT, read_yaml

FOLDER = ROOT / "deploy" / "ec2"
PAGE = (ROOT / "docs" / "deploy-ec2.md").read_text()
SCRIPTS = [path for path in sorted(FOLDER.iterdir()) if path.read_text().startswith("#!/usr/bin/env bash")]
UNITS = sorted(FOLDER.glob("*.service")) + sorted(FOLDER.glob("*.timer"))


def asked(*command: str, package: str) -> str:
    """What a tool of this machine says; skipped where it isn't there."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]}: install Debian's package {package} to run this")
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_cloud_init_takes_the_user_data() -> None:
    asked("cloud-init", "schema", "--config-file", "user-data.yaml", package="cloud-init")


def test_the_user_data_runs_what_is_there() -> None:
    data = read_yaml("deploy/ec2/user-data.yaml")
    (written,) = data["write_files"]
    assert (written["path"], written["permissions"]) == ("/etc/image-search/machine.env", "0600")
    clone, setup = data["runcmd"]
    assert "/opt/image-search" in clone[-1]
    assert ROOT / Path(setup[0]).relative_to("/opt/image-search") in SCRIPTS
    asked("bash", "-n", "-c", written["content"], package="bash")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_shell_that_can_be_run(script: Path) -> None:
    assert os.access(script, os.X_OK)
    asked("bash", "-n", str(script), package="bash")
    asked("shellcheck", str(script), package="shellcheck")


def test_caddy_takes_its_file() -> None:
    said = asked("caddy", "validate", "--config", "Caddyfile", "--adapter", "caddyfile", package="caddy")
    assert "Valid configuration" in said


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_takes_the_units(unit: Path, tmp_path: Path) -> None:
    for each in UNITS:
        (tmp_path / each.name).write_text(each.read_text().replace("/opt/image-search", str(ROOT)))
    (tmp_path / "docker.service").write_text("[Service]\nExecStart=/bin/true\n")  # as the package brings it
    asked("systemd-analyze", "verify", str(tmp_path / unit.name), package="systemd")


def test_docker_keeps_its_logs_small() -> None:
    options = json.loads((FOLDER / "docker-daemon.json").read_text())
    assert options["log-opts"] == {"max-size": "20m", "max-file": "5"}


def test_setup_copies_only_what_is_there() -> None:
    for name in re.findall(r'"\$here/([\w.-]+)"', (FOLDER / "setup").read_text()):
        assert (FOLDER / name).is_file()


def test_what_setup_writes_for_compose_are_settings() -> None:
    written = re.search(r"<<ENV\n(.*?)\nENV", (FOLDER / "setup").read_text(), re.DOTALL)
    assert written is not None
    names = {line.partition("=")[0] for line in written[1].splitlines()}
    assert names <= set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def test_the_backup_asks_for_a_name_that_is_answered() -> None:
    assert "--server http://aggregate_service:8000" in (FOLDER / "backup").read_text()
    assert HostRules.of("photos.example.org", "").answers_to("aggregate_service:8000")


def test_the_page_describes_every_file() -> None:
    for file in FOLDER.iterdir():
        assert file.name in PAGE
    for value in re.findall(r"^ {6}(\w+)=", (FOLDER / "user-data.yaml").read_text(), re.MULTILINE):
        assert value in PAGE


def test_the_newest_backups_stay(tmp_path: Path) -> None:
    """The script itself, with a Compose that writes what it is asked for."""
    copy = tmp_path / "deploy" / "ec2"
    shutil.copytree(FOLDER, copy)
    (tmp_path / ".env").write_text("ACCESS_TOKEN=secret\n")
    (copy / "compose").write_text(
        '#!/usr/bin/env bash\n[ "$IMAGE_SEARCH_KEY" = secret ]\n'
        'for word; do case $word in /backups/*) touch "$BACKUPS/${word#/backups/}" ;; esac; done\n'
    )
    kept = tmp_path / "kept"
    kept.mkdir()
    for day in range(1, 9):
        (kept / f"image-search-2020010{day}T000000Z.backup").touch()
    subprocess.run([copy / "backup"], env=os.environ | {"BACKUPS": str(kept), "KEEP": "3"}, check=True)
    names = sorted(path.name for path in kept.iterdir())
    assert names[:2] == [f"image-search-2020010{day}T000000Z.backup" for day in (7, 8)]
    assert len(names) == 3
