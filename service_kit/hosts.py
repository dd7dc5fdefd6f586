"""Which names a service answers to, and which pages are its own."""

import re
from dataclasses import dataclass

_HOST = r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(\d{1,5}))?"
_AUTHORITY = re.compile(_HOST)
_ADDRESS = re.compile(rf"(https?)://{_HOST}(?:/.*)?")
_IPV4 = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_LOCAL_ENDINGS = (".localhost", ".local", ".lan", ".internal", ".home.arpa")
_DEFAULT_PORTS = {"http": "80", "https": "443"}


@dataclass(frozen=True)
class HostRules:
    """`names` are lower-case; `*.example.org` means every name below that one, `*` every name there is.

    Names that nobody can register need no rule: no foreign page can make a browser take them for its own.
    """

    names: frozenset[str] = frozenset()
    public_url: str = ""
    any_host: bool = False

    @classmethod
    def of(cls, allowed: str, public_url: str) -> "HostRules":
        """`allowed`: names, comma-separated."""
        names = (name.strip().lower().rstrip(".") for name in allowed.split(","))
        return cls(frozenset(filter(None, names)), public_url.lower())

    def answers_to(self, host: str) -> bool:
        """`host` as the header `Host` has it."""
        found = _AUTHORITY.fullmatch(host.lower())
        if found is None:
            return False
        name = found[1].rstrip(".")
        return self.any_host or _nobody_can_register(name) or self._is_allowed(name)

    def is_own(self, page: str, host: str) -> bool:
        """Whether `page`, an address, is one of the service that was asked as `host`."""
        found, public = _ADDRESS.fullmatch(page.lower()), _ADDRESS.fullmatch(self.public_url)
        asked = _AUTHORITY.fullmatch(host.lower())
        if found is None:
            return False
        scheme = found[1]
        if public is not None and _place(scheme, found[2], found[3]) == _place(*public.groups()):
            return True
        return asked is not None and _place(scheme, found[2], found[3]) == _place(scheme, *asked.groups())

    def _is_allowed(self, name: str) -> bool:
        public = _ADDRESS.fullmatch(self.public_url)
        if "*" in self.names or name in self.names or (public and public[2] == name):
            return True
        _, *parents = name.split(".")
        return any(f"*.{'.'.join(parents[at:])}" in self.names for at in range(len(parents)))


ANY_LOCAL_NAME = HostRules()


def is_address(text: str) -> bool:
    """Whether it can be a PUBLIC_URL."""
    return _ADDRESS.fullmatch(text.lower()) is not None


def _place(scheme: str, name: str, port: str | None) -> tuple[str, str]:
    return name.rstrip("."), port or _DEFAULT_PORTS[scheme]


def _nobody_can_register(name: str) -> bool:
    is_ip = name.startswith("[") or _IPV4.fullmatch(name) is not None
    return is_ip or "." not in name or name.endswith(_LOCAL_ENDINGS)
