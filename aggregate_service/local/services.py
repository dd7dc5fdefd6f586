"""The services as processes of this machine: started, waited for, started again, stopped together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2

from aggregate_service.local.interrupts import Interrupts

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_SETTLED_SECONDS = 60.0  # after so long without a crash, the next one is the first one again
_LOOK_SECONDS = 0.1
_GRACE_SECONDS = 12.0
_SILENT_SECONDS = 10.0  # a service that has just started is waited for without a word
Say = Callable[[str], None]


class ServiceFailed(Exception):
    """A service can't start at all, or isn't ready in time; the message says which and why."""


def start(
    module: str, *arguments: str, environment: Mapping[str, str], keep_open: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    """A process of ours that ends with this one. `keep_open` are file descriptors that it holds, too.

    In a session of its own: Ctrl-C reaches the launcher alone, which then stops the services in order.
    """
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "aggregate_service.local.tethered", module, *arguments],
        env=dict(environment),
        stdin=subprocess.PIPE,
        start_new_session=True,
        pass_fds=tuple(keep_open),
    )


def ended_how(code: int) -> str:
    """What an exit code says, for people."""
    if code >= 0:
        return f"stopped with exit code {code}"
    if -code == signal.SIGKILL:
        return "was killed (by somebody, or by the system for want of memory)"
    return f"was ended by {signal.Signals(-code).name}"


@dataclass
class Service:
    """One service's process. `url` is where this machine reaches it."""

    name: str
    url: str
    environment: Mapping[str, str]
    keep_open: Sequence[int] = ()
    process: subprocess.Popen[bytes] | None = None
    was_ready: bool = False
    _started: float = 0.0
    _again_at: float | None = None
    _pause: float = _FIRST_PAUSE

    def start(self) -> None:
        self._started, self._again_at = time.monotonic(), None
        self.process = start(self.name, environment=self.environment, keep_open=self.keep_open)

    def look_after(self, say: Say) -> None:
        """Start it again if it has ended, after a pause; `ServiceFailed` if it gave up at its first start."""
        if self.process is None or self.process.poll() is None:
            return
        if self._again_at is None:
            how = ended_how(self.process.returncode)
            if not self.was_ready and self.process.returncode >= 0:
                raise ServiceFailed(f"{self.name} {how}.")
            if time.monotonic() - self._started > _SETTLED_SECONDS:
                self._pause = _FIRST_PAUSE
            say(f"{self.name} {how}; starting it again in {self._pause:g} s.")
            self._again_at = time.monotonic() + self._pause
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        if time.monotonic() >= self._again_at:
            self.start()

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        """Status and body of what it answers; 0 while it doesn't."""
        try:
            token = self.environment.get("ACCESS_TOKEN")
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            answer = httpx2.get(f"{self.url}{path}", headers=headers, timeout=5.0, trust_env=False)
            return answer.status_code, answer.json()
        except (httpx2.HTTPError, ValueError):
            return 0, {"detail": "it doesn't answer yet"}

    def signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None


@dataclass
class ServiceGroup:
    """All of them together; one that crashes is started again while the others go on."""

    interrupts: Interrupts
    say: Say
    all: list[Service] = field(default_factory=list)

    def start(self, service: Service) -> Service:
        self.all.append(service)
        service.start()
        return service

    def pause(self, seconds: float = _LOOK_SECONDS) -> None:
        """Let time pass, as everything here does it that waits."""
        for service in self.all:
            service.look_after(self.say)
        self.interrupts.pause(seconds)

    def wait_until_up(self, service: Service, path: str, seconds: float) -> dict[str, Any]:
        """What the service says at this path once it says 200; `ServiceFailed` when time is up."""
        began = time.monotonic()
        told = None
        while True:
            status, said = service.get(path)
            if status == 200:
                service.was_ready = True
                return said
            why = f"{service.name} isn't ready: {said.get('detail')}"
            if time.monotonic() > began + seconds:
                raise ServiceFailed(why)
            if time.monotonic() > began + _SILENT_SECONDS and why != told:
                self.say(f"Waiting: {why}")
                told = why
            self.pause()

    def run(self) -> None:
        """Until it is interrupted."""
        while True:
            self.pause(0.5)

    def stop(self) -> None:
        """The last one first, as it asks the others; requests in flight may finish, unless it is hurried."""
        for service in reversed(self.all):
            service.signal(signal.SIGTERM)
            deadline = time.monotonic() + _GRACE_SECONDS
            while service.runs and time.monotonic() < deadline and not self.interrupts.hurried:
                time.sleep(0.02)
            service.signal(signal.SIGKILL)
        for service in self.all:
            if service.process is not None:
                service.process.wait()


def run_to_its_end(
    module: str, *arguments: str, environment: Mapping[str, str], interrupts: Interrupts
) -> int:
    """The exit code of a command of ours; `Interrupted` stops it."""
    process = start(module, *arguments, environment=environment)
    try:
        while process.poll() is None:
            interrupts.pause(_LOOK_SECONDS)
        return process.returncode
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdin is not None:
            process.stdin.close()
