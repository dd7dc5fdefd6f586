"""What the settings say of access: who gets in, and whether the page may be opened as widely as it is."""

from pathlib import Path

from aggregate_service.access.control import Rules
from aggregate_service.access.passwords import Password
from aggregate_service.access.rights import Right
from aggregate_service.config import Settings
from service_kit.forwarded import Proxies, is_loopback

_IN_CONTAINERS = (Path("/.dockerenv"), Path("/run/.containerenv"))
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with


def rules_of(settings: Settings) -> Rules:
    """`token` counts only where the page is open wider than this machine, or there is a password anyway."""
    password = settings.access_password and Password(settings.access_password.get_secret_value())
    token = settings.access_token.get_secret_value() if settings.access_token else ""
    closed = bool(
        password or settings.access_proxy_header or (token and is_wide(settings) and not settings.access_open)
    )
    return Rules(
        is_open=not closed,
        password=password or None,
        token=token if closed else "",
        proxy_header=settings.access_proxy_header,
        proxy_right=Right.named(settings.access_proxy_rights),
        proxies=Proxies.of(settings.trusted_proxies),
    )


def is_wide(settings: Settings, in_container: bool | None = None) -> bool:
    """Whether others than this machine reach the page; in a container, where Compose publishes it counts."""
    if in_container is None:
        in_container = any(mark.exists() for mark in _IN_CONTAINERS)
    return not is_this_machine(_opened_on(settings, in_container))


def why_not_started(settings: Settings, in_container: bool | None = None) -> str | None:
    """The one line that says what to set, where everybody would get in without a word."""
    if not is_wide(settings, in_container) or settings.access_open or not rules_of(settings).is_open:
        return None
    return (
        "Can't start: others than this machine can reach the page, and it has no password. Set "
        "ACCESS_PASSWORD, or ACCESS_OPEN=yes to let everybody in."
    )


def _opened_on(settings: Settings, in_container: bool) -> str:
    published = in_container and settings.host in _EVERYWHERE and settings.agg_publish
    return settings.agg_publish if published else settings.host


def is_this_machine(address: str) -> bool:
    return address == "localhost" or is_loopback(address)
