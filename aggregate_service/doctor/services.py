"""The three services: whether each is alive, ready, and what it says about itself."""

from dataclasses import dataclass, field
from typing import Any

import httpx2

from aggregate_service.doctor.finding import Finding, bad, ok, warn

_SECONDS = 10.0  # a busy machine answers late, one that is down at once


@dataclass(frozen=True)
class Heard:
    """What one service answered: `alive` where it is one of ours, `said` what /readyz holds."""

    name: str
    url: str
    alive: bool
    ready: bool = False
    said: dict[str, Any] = field(default_factory=dict)
    why: str = ""


def listen_to(name: str, url: str) -> Heard:
    """Within seconds, whatever the other side does."""
    url = url.rstrip("/")
    try:
        with httpx2.Client(base_url=url, timeout=_SECONDS, trust_env=False) as client:
            alive = client.get("/healthz")
            if alive.status_code != 200 or _json(alive).get("status") != "alive":
                return Heard(name, url, False, why="something else answers there")
            readiness = client.get("/readyz")
            return Heard(name, url, True, readiness.status_code == 200, _json(readiness))
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return Heard(name, url, False, why=str(error) or type(error).__name__)


def service(heard: Heard, setting: str) -> Finding:
    about = f"{heard.name} service"
    if not heard.alive:
        return bad(
            about,
            f"doesn't answer at {heard.url} ({heard.why})",
            f"Start it (`image-search serve`), or set {setting} to where it runs.",
        )
    if not heard.ready:
        detail = str(heard.said.get("detail", "it doesn't say why"))
        return bad(about, f"runs, but isn't ready: {detail}", "See what it says, and its log.")
    return ok(about, f"ready at {heard.url}{_numbers(heard.said)}")


def encoder(heard: Heard) -> Finding | None:
    """Of the embedding service: which encoder answers, and whether it is the one that should."""
    model = heard.said.get("model")
    if not heard.ready or not model:
        return None
    if notice := heard.said.get("notice"):
        return warn("Encoder", f"{model}: {notice}", "Get the full encoder as it says, then restart.")
    return ok("Encoder", str(heard.said.get("fingerprint", model)))


def _numbers(said: dict[str, Any]) -> str:
    counts = [f"{value} {name}" for name, value in said.items() if isinstance(value, int)]
    return f" ({', '.join(counts)})" if counts else ""


def _json(answer: httpx2.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
