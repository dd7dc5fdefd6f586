"""Ports for services that a test starts as processes of their own."""

import socket
from random import SystemRandom

_BELOW_WHAT_SYSTEMS_HAND_OUT = range(10_000, 30_000)


def free_port() -> int:
    """Nobody's now, and none that the system gives to connections by itself.

    Else one of another test may get it before the service that it is meant for listens on it.
    """
    while True:
        port = SystemRandom().choice(_BELOW_WHAT_SYSTEMS_HAND_OUT)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
