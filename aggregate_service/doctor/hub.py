"""Whether the model hub can be reached, asked within seconds; it matters only where weights are missing."""

import os
import socket
import threading

import httpx2

from aggregate_service.doctor.finding import Finding, ok, warn

_SECONDS = 4.0
_ENDPOINT = "https://huggingface.co"


def hub(needed: bool, seconds: float = _SECONDS) -> Finding:
    """`needed`: the encoder that answers isn't the one that should, for want of weights."""
    endpoint = os.environ.get("HF_ENDPOINT") or _ENDPOINT
    host = httpx2.URL(endpoint).host
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"):
        return ok("Model hub", "HF_HUB_OFFLINE is set: it isn't asked")
    why = _unreachable(endpoint, host, seconds)
    if why is None:
        return ok("Model hub", f"{host} answers")
    if needed:
        do = "Connect this machine, or copy the weights here and set EMBEDDING_MODEL_PATH."
        return warn("Model hub", f"{host} can't be reached: {why}", do)
    return ok("Model hub", f"{host} can't be reached ({why}), and isn't needed")


def _unreachable(endpoint: str, host: str, seconds: float) -> str | None:
    """Why, or None. In a thread: looking up a host's name obeys no limit."""
    told: list[str | None] = []

    def ask() -> None:
        try:
            socket.getaddrinfo(host, 443)
            httpx2.head(endpoint, timeout=seconds, follow_redirects=False)
            told.append(None)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            told.append((str(error) or type(error).__name__).partition("\n")[0])

    thread = threading.Thread(target=ask, daemon=True, name="ask-the-hub")
    thread.start()
    thread.join(seconds)
    return told[0] if told else f"no answer within {seconds:g} s"
