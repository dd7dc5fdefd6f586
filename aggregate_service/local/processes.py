"""The three services as processes of this machine: started, waited for, watched, stopped together."""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2


class ServiceFailed(Exception):
    """A service ended or never became ready; the message says which and why."""


@dataclass
class Service:
    """One service's process. `url` is where this machine reaches it."""

    name: str
    url: str
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        # A session of its own: Ctrl-C reaches the launcher alone, which then stops the services in order.
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", self.name], env=dict(self.environment), start_new_session=True
        )

    def readiness(self) -> tuple[bool, dict[str, Any]]:
        """Whether it is ready, and what it says about that."""
        try:
            answer = httpx2.get(f"{self.url}/readyz", timeout=2.0)
            return answer.status_code == 200, answer.json()
        except (httpx2.HTTPError, ValueError):
            return False, {"detail": "it doesn't answer yet"}

    def wait_until_ready(self, seconds: float) -> dict[str, Any]:
        """What `/readyz` says once it says 200; `ServiceFailed` when the process ends or time is up."""
        deadline = time.monotonic() + seconds
        while True:
            ready, said = self.readiness()
            if self.process.poll() is not None:
                raise ServiceFailed(f"{self.name} stopped with exit code {self.process.returncode}.")
            if ready:
                return said
            if said.get("permanent") or time.monotonic() > deadline:
                raise ServiceFailed(f"{self.name} isn't ready: {said.get('detail')}")
            time.sleep(0.1)

    def stop(self, seconds: float = 12.0) -> None:
        """SIGTERM, so that requests in flight finish; SIGKILL after `seconds`."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def watch(services: list[Service]) -> None:
    """Block while all of them run; `ServiceFailed` names the first one that ends."""
    while True:
        for service in services:
            if service.process.poll() is not None:
                raise ServiceFailed(f"{service.name} stopped with exit code {service.process.returncode}.")
        time.sleep(0.5)
