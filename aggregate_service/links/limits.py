"""How much, how long, how often and where from: the bounds of every download."""

from dataclasses import dataclass, field

from aggregate_service.links.addresses import AddressRules


@dataclass(frozen=True)
class DownloadLimits:
    max_bytes: int = 20_000_000
    seconds: float = 60.0
    """Longest time for one try, redirects included, waiting for a turn not."""
    idle_seconds: float = 10.0
    connect_seconds: float = 10.0
    redirects: int = 5
    tries: int = 3
    first_wait: float = 1.0
    longest_wait: float = 30.0
    """The most that is waited between tries, whatever Retry-After says."""
    at_once: int = 16
    per_host: int = 2
    addresses: AddressRules = field(default_factory=AddressRules)
