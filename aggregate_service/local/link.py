"""The address that `make run` prints: where the page is open wider and has no password, one that signs in."""

from collections.abc import Mapping

from pydantic import TypeAdapter

from aggregate_service.access.settings import is_this_machine


def page_link(url: str, environment: Mapping[str, str]) -> str:
    """`environment` is the service's; it has an `ACCESS_TOKEN`."""
    address = url.replace("127.0.0.1", "localhost")
    is_open = TypeAdapter(bool).validate_python(environment.get("ACCESS_OPEN", "no"))
    host = environment.get("AGG_FASTAPI_HOST", "127.0.0.1")
    if is_this_machine(host) or is_open or environment.get("ACCESS_PASSWORD"):
        return address
    return f"{address}/sign-in?token={environment['ACCESS_TOKEN']}"
