"""Which addresses are public: v4, v6, and v4 inside v6."""

from ipaddress import ip_address

import pytest

from aggregate_service.links.addresses import is_public

CLOSED = """
    0.0.0.0 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1
    172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1
    224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 168.63.129.16 :: ::1 ::7f00:1 fe80::1
    fe80::1%eth0 fec0::1 fc00::1 fd00:ec2::254 ff02::1 100::1 5f00::1 2001::1 2001:0:7f00:1::1
    2001:10::1 2001:20::1 2001:db8::1 3fff::1 ::ffff:127.0.0.1 ::ffff:169.254.169.254
    ::ffff:10.0.0.1 64:ff9b::127.0.0.1 64:ff9b::169.254.169.254 64:ff9b:1::8.8.8.8 2002:7f00:1::
    2002:a9fe:a9fe::1 2002:c0a8:101::1
"""

OPEN = """
    1.1.1.1 8.8.8.8 93.184.216.34 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1
    223.255.255.255 2001:4860:4860::8888 2606:4700::1111 2a00:1450:4001::1 ::ffff:8.8.8.8
    64:ff9b::8.8.8.8 2002:808:808::1
"""


@pytest.mark.parametrize("address", CLOSED.split())
def test_closed(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", OPEN.split())
def test_open(address: str) -> None:
    assert is_public(ip_address(address))
