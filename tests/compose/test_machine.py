"""`deploy/ec2/user-data.yaml` on a fresh machine, as far as a container is one: no systemd, no engine."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.compose.stack import ROOT, run

BASE = "python:3.11-slim-bookworm"
COPIED = ("deploy", "docker-compose.yml")


@pytest.fixture(scope="module")
def machine() -> Iterator[str]:
    """A container with what cloud-init would have written, and the repository at its place."""
    options = ["--network", "host", "-e", "http_proxy", "-e", "https_proxy"]
    name = run(["docker", "run", "-d", *options, BASE, "sleep", "3600"]).strip()
    try:
        (file,) = yaml.safe_load((ROOT / "deploy/ec2/user-data.yaml").read_text())["write_files"]
        inside(name, "mkdir -p /etc/image-search /opt/image-search")
        inside(name, f"printf %s {shlex.quote(file['content'])} > {file['path']}")
        for part in COPIED:
            run(["docker", "cp", str(Path(ROOT) / part), f"{name}:/opt/image-search/{part}"])
        yield name
    finally:
        run(["docker", "rm", "-f", name])


def inside(name: str, command: str, seconds: float = 60) -> str:
    return run(["docker", "exec", name, "bash", "-c", command], seconds=seconds)


def test_the_page_is_followed_to_the_letter(machine: str) -> None:
    setup = "/opt/image-search/deploy/ec2/setup"
    with pytest.raises(RuntimeError, match=r"ACCESS_PASSWORD in .* isn't set: anybody could get in"):
        inside(machine, setup)
    inside(machine, "sed -i \"s/'change me.*'/'a good password'/\" /etc/image-search/machine.env")
    said = inside(machine, setup, seconds=900)
    assert "https://photos.example.org answers" in said
    inside(machine, "caddy validate --config /etc/caddy/Caddyfile --adapter caddyfile")
    inside(machine, "docker-compose version || docker compose version")
    inside(machine, "apt-config dump | grep -q 'Unattended-Upgrade::Automatic-Reboot \"true\"'")
    assert inside(machine, "stat -c '%a %u' /var/backups/image-search /opt/image-search/.env").split() == [
        "700", "10001", "600", "0",
    ]  # fmt: skip
    before = inside(machine, "cat /opt/image-search/.env")
    assert "ACCESS_PASSWORD='a good password'" in before
    inside(machine, setup, seconds=300)
    assert inside(machine, "cat /opt/image-search/.env") == before, "the token is made once"
