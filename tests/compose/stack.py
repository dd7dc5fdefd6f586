"""The Compose deployment as a test drives it: under a project name, ports and settings of its own."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.ports import free_port

ROOT = Path(__file__).parent.parent.parent
PORTS = ("AGG_FASTAPI_PORT", "SEARCH_FASTAPI_PORT", "EMBEDDING_FASTAPI_PORT")
# No network needed, and always the same: the drawn gallery, and the encoder that needs no weights.
OFFLINE = {"COCO128_URL": "http://127.0.0.1:9/", "HF_HUB_OFFLINE": "1"}


@dataclass
class Stack:
    """`docker compose` of whichever version is installed."""

    env_file: Path
    name: str = field(default_factory=lambda: f"imagesearch-test-{os.getpid()}")
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in PORTS})

    def compose(
        self, *arguments: str, seconds: float = 900, settings: Mapping[str, str] | None = None
    ) -> str:
        """Its standard output; raises with everything it wrote when it fails."""
        lines = (
            OFFLINE | dict(settings or {}) | {key: str(port) for key, port in self.ports.items()}
        ).items()
        self.env_file.write_text("".join(f"{key}={value}\n" for key, value in lines))
        command = [*compose_command(), "--env-file", str(self.env_file), "-p", self.name, *arguments]
        return run(command, seconds, self._environment())

    def container_ids(self, service: str) -> list[str]:
        return self.compose("ps", "-q", service).split()

    def inspect(self, service: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(run(["docker", "inspect", *self.container_ids(service)]))
        return found

    def wait_until_healthy(self, container: str, seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while run(["docker", "inspect", "-f", "{{.State.Health.Status}}", container]).strip() != "healthy":
            if time.monotonic() > deadline:
                raise TimeoutError(f"{container} wasn't healthy after {seconds:.0f} s")
            time.sleep(0.5)

    def address(self, port: str) -> str:
        return f"http://127.0.0.1:{self.ports[port]}"

    def _environment(self) -> dict[str, str]:
        """This process's, without what would win over the test's own settings."""
        ours = {*PORTS, *OFFLINE, "IMAGES", "EMBEDDING_MODEL", "EMBEDDING_MODEL_PATH", "COMPOSE_FILE"}
        kept = {key: value for key, value in os.environ.items() if key not in ours}
        return kept | {"BUILD_NETWORK": build_network(), "DOCKER_CLI_HINTS": "false"}


def compose_command() -> list[str]:
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0:
        return ["docker", "compose"]
    return [shutil.which("docker-compose") or "docker-compose"]


def build_network() -> str:
    """An engine without a default bridge can only build on the host's network."""
    bridge = subprocess.run(["docker", "network", "inspect", "bridge"], capture_output=True, check=False)
    return "default" if bridge.returncode == 0 else "host"


def run(command: list[str], seconds: float = 60, environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        timeout=seconds,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(
            f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-8000:]}"
        )
    return done.stdout
