"""The aggregate service's image on a volume that an earlier version left: upgraded, killed, taken back."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import pytest

from tests.compose.stack import build_network, run
from tests.ports import free_port
from tests.waiting import wait_until

OLD = Path(__file__).parent.parent / "aggregate_service" / "catalogue" / "upgrades"
VERSIONS = sorted(file.name.partition(".")[0] for file in OLD.glob("*.sqlite.sql"))
NAME = f"imagesearch-upgrade-{os.getpid()}"
PICTURES = {0: (None, ["sea"]), 1: ("In Tokyo", []), 3: ("A dog", ["dog", "pet"])}
"""Those that were read once: of the fourth nothing is known without its file, which isn't here."""
_FILL = """
import pathlib, sqlite3, sys
for old in pathlib.Path("/app/data").glob("catalog.db*"):
    old.unlink()
with sqlite3.connect("/app/data/catalog.db") as db:
    db.executescript(pathlib.Path(sys.argv[1]).read_text())
"""
_GO_BACK = """
import pathlib, sqlite3
data = pathlib.Path("/app/data")
for kept in data.glob("catalog.db.before-*"):  # none, where nothing was migrated
    kept.replace(data / "catalog.db")
for beside in ("catalog.db-wal", "catalog.db-shm"):
    (data / beside).unlink(missing_ok=True)
print(sqlite3.connect(data / "catalog.db").execute("SELECT version_num FROM alembic_version").fetchone()[0])
"""


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    given = {name: os.environ.get(name) for name in ("PIP_FIND_LINKS", "PYTHON_IMAGE")}
    arguments = [f"--build-arg={name}={value}" for name, value in given.items() if value is not None]
    start = time.monotonic()
    where = ["-f", "aggregate_service/Dockerfile", "."]
    built = run(["docker", "build", "-q", f"--network={build_network()}", *arguments, *where], seconds=1500)
    print(f"aggregate service: built in {time.monotonic() - start:.0f} s")
    yield built.strip()
    with suppress(RuntimeError):
        run(["docker", "rmi", "-f", built.strip()])


@pytest.fixture(scope="module")
def network() -> Iterator[str]:
    run(["docker", "network", "create", NAME])
    yield NAME
    run(["docker", "network", "rm", NAME])


@pytest.fixture
def volume() -> Iterator[str]:
    run(["docker", "volume", "create", NAME])
    yield NAME
    run(["docker", "volume", "rm", "-f", NAME])


def inside(image: str, volume: str, program: str, *arguments: str) -> str:
    """What a short program prints that sees the volume, and the catalogues of earlier versions."""
    mounts = ["-v", f"{volume}:/app/data", "-v", f"{OLD}:/old:ro"]
    python = ["python", "-c", program, *arguments]
    return run(["docker", "run", "--rm", "--network=none", *mounts, image, *python]).strip()


@contextmanager
def serving(image: str, network: str, volume: str) -> Iterator[httpx2.Client]:
    """Alone: the catalogue can be asked while the other two services are away."""
    port = free_port()
    options = ["--network", network, "-p", f"127.0.0.1:{port}:8000", "-v", f"{volume}:/app/data"]
    run(["docker", "run", "-d", "--name", NAME, "-e", "AGG_PUBLISH=127.0.0.1", *options, image])
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            wait_until_it_answers(client)
            yield client
    finally:
        print(run(["docker", "logs", NAME])[-2000:])
        run(["docker", "rm", "-f", NAME])


def wait_until_it_answers(client: httpx2.Client) -> None:
    def answers() -> bool:
        with suppress(httpx2.TransportError):
            return client.get("/healthz").status_code == 200
        return False

    wait_until(answers, "the service to answer", 180)


def listed(client: httpx2.Client) -> dict[int, tuple[str | None, list[str]]]:
    """By id: title and labels."""
    found = [client.get(f"/images/{id_}") for id_ in range(6)]
    known = [answer.json() for answer in found if answer.status_code == 200]
    return {picture["id"]: (picture["title"], picture["labels"]) for picture in known}


@pytest.mark.parametrize("version", VERSIONS)
def test_an_old_volume_under_a_new_image_and_back(
    image: str, network: str, volume: str, version: str
) -> None:
    inside(image, volume, _FILL, f"/old/{version}.sqlite.sql")
    with serving(image, network, volume) as client:
        assert listed(client) == PICTURES
        run(["docker", "kill", NAME])
        run(["docker", "start", NAME])
        wait_until_it_answers(client)
        assert listed(client) == PICTURES
    assert inside(image, volume, _GO_BACK) == version
    with serving(image, network, volume) as client:
        assert listed(client) == PICTURES
