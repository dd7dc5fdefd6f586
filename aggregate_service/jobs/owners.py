"""Who holds a lease: a name that tells, on the same machine, whether its process still lives."""

import os
import socket
from pathlib import Path
from uuid import uuid4

import psutil


def new_owner() -> str:
    """Machine, process, and a part of its own, as several workers may live in one process."""
    return f"{_machine()}|{os.getpid()}|{uuid4().hex[:8]}"


def is_surely_dead(owner: str) -> bool:
    """True only for a process of this machine that is no more: its leases needn't be waited for."""
    machine, _, rest = owner.partition("|")
    pid = rest.partition("|")[0]
    return machine == _machine() and pid.isdecimal() and not psutil.pid_exists(int(pid))


def _machine() -> str:
    """Two containers on one machine have process ids of their own, and the same id means different ones."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{socket.gethostname()}/{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()
