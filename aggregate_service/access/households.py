"""Who counts as one client, where clients are counted."""

from ipaddress import IPv6Address, ip_address


def household(client: str) -> str:
    """Who has one IPv6 address has 2**64 of them."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> 64 << 64))
    return client
