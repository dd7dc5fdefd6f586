"""Everything in one image: one `docker run`, a link that signs in, and data that outlives the container."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import httpx2
import pytest

from tests.compose.conftest import wait_until_ready
from tests.compose.pictures import jpeg
from tests.compose.stack import OFFLINE, build_network, run
from tests.ports import free_port
from tests.waiting import wait_until

_LINK = re.compile(r"http://localhost:8000(/sign-in\?token=\S+)")
_KILL = """
import os, pathlib, sys
for process in pathlib.Path("/proc").glob("[0-9]*"):
    if (process / "cmdline").read_bytes().endswith(f"tethered\\0{sys.argv[1]}\\0".encode()):
        os.kill(int(process.name), 9)
"""
NAME = f"imagesearch-one-{os.getpid()}"


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    """As `docker build -q .` makes it, with this machine's index and wheels."""
    given = {name: os.environ.get(name) for name in ("PIP_FIND_LINKS", "TORCH_INDEX_URL", "PYTHON_IMAGE")}
    arguments = [f"--build-arg={name}={value}" for name, value in given.items() if value is not None]
    start = time.monotonic()
    built = run(["docker", "build", "-q", f"--network={build_network()}", *arguments, "."], seconds=1500)
    print(f"one image: built in {time.monotonic() - start:.0f} s")
    yield built.strip()
    with suppress(RuntimeError):
        run(["docker", "rmi", "-f", built.strip()])


@pytest.fixture(scope="module")
def network() -> Iterator[str]:
    """Of its own: an engine may have no default bridge to publish from."""
    run(["docker", "network", "create", NAME])
    yield NAME
    run(["docker", "network", "rm", NAME])


@dataclass
class Container:
    name: str
    url: str

    def log(self) -> str:
        told = subprocess.run(["docker", "logs", self.name], capture_output=True, text=True, check=True)
        return told.stdout + told.stderr

    def inside(self, command: str) -> str:
        return run(["docker", "exec", self.name, "sh", "-c", command])

    def link(self) -> str:
        found = wait_until(lambda: _LINK.search(self.log()), "the link that signs in", 180)
        assert found is not None
        return found[1]


@contextmanager
def running(image: str, network: str, volume: str, *options: str) -> Iterator[Container]:
    port = free_port()
    name = f"{NAME}-{port}"
    settings = [f"-e{name}={value}" for name, value in OFFLINE.items()]
    places = ["--network", network, "-p", f"127.0.0.1:{port}:8000", "-v", f"{volume}:/data"]
    run(["docker", "run", "-d", "--name", name, *places, *settings, *options, image])
    container = Container(name, f"http://127.0.0.1:{port}")
    try:
        with httpx2.Client(base_url=container.url, timeout=30) as client:
            wait_until_ready(client, 180)
        yield container
    except BaseException:
        print(container.log()[-4000:])
        raise
    finally:
        run(["docker", "rm", "-f", name])


@pytest.fixture(scope="module")
def volume() -> Iterator[str]:
    run(["docker", "volume", "create", NAME])
    yield NAME
    run(["docker", "volume", "rm", "-f", NAME])


def test_one_command_and_a_link_that_signs_in(image: str, network: str, volume: str) -> None:
    with running(image, network, volume) as container:
        with httpx2.Client(base_url=container.url, timeout=30, follow_redirects=True) as client:
            assert client.get("/images").status_code == 401
            assert client.get(container.link()).status_code == 200
            answer = client.post("/", files={"files": ("a.jpg", jpeg(230, 120, 60), "image/jpeg")})
            assert len(answer.json()["results"][0]["similar"]) == 5
            added = client.post("/images", files={"files": ("mine.jpg", jpeg(1, 2, 3), "image/jpeg")})
            job = added.json()["id"]
            wait_until(lambda: client.get(f"/jobs/{job}").json()["finished_at"], "the picture")
        looks = "id -u; command -v cc gcc; touch /app/x 2>/dev/null || echo protected"
        assert container.inside(looks).split() == ["10001", "protected"]
        assert "8001" not in run(["docker", "port", container.name])
        started = time.monotonic()
        run(["docker", "stop", "-t", "60", container.name])
        assert time.monotonic() - started < 30, "it stops when it is asked to"


def test_the_data_outlives_the_container_and_a_killed_service_comes_back(
    image: str, network: str, volume: str
) -> None:
    password = "a password of some length"
    with (
        running(image, network, volume, f"-eACCESS_PASSWORD={password}") as container,
        httpx2.Client(base_url=container.url, timeout=30) as client,
    ):
        assert "/sign-in?token" not in container.log()
        assert client.post("/sign-in", data={"password": password}).status_code == 303
        assert client.get("/images?limit=1").json()["images"][0]["title"] == "mine.jpg"
        run(["docker", "exec", container.name, "python", "-c", _KILL, "search_service"])
        wait_until(lambda: client.get("/search?id=0").status_code == 200, "searching to go on", 120)
