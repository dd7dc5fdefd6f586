"""Who listens on the services' ports: our service, nobody, or a program that is in the way."""

import socket
from pathlib import Path

from aggregate_service.doctor.finding import Finding, bad, ok

_TCP = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LISTENING = "0A"
_PROCESSES = Path("/proc")


def port(service: str, setting: str, host: str, number: int, answers: bool) -> Finding:
    """`answers`: whether one of our services was heard there."""
    about = f"Port {number}"
    if answers:
        return ok(about, f"the {service} service listens there")
    if not _taken(host, number):
        return ok(about, f"free (the {service} service isn't running here)")
    return bad(about, f"taken by {holder(number)}", f"Stop that program, or set {setting} to another port.")


def holder(number: int) -> str:
    """The program that listens on the port, where this system tells it to this user."""
    inodes = {f"socket:[{inode}]" for inode in _inodes(number)}
    for process in _PROCESSES.glob("[0-9]*") if inodes else ():
        try:
            held = any(str(each.readlink()) in inodes for each in (process / "fd").iterdir())
        except OSError:  # another user's, or gone meanwhile
            continue
        if held:
            return f"{_name(process)} (process {process.name})"
    return "another program (which one, only its owner or root can see)"


def _taken(host: str, number: int) -> bool:
    where = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - compared, not bound
    try:
        with socket.create_connection((where, number), timeout=1):
            return True
    except OSError:
        return False


def _inodes(number: int) -> set[str]:
    """Of the sockets that listen on this port (see proc(5), /proc/net/tcp)."""
    inodes = set()
    for file in _TCP:
        try:
            lines = file.read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == number:
                inodes.add(fields[9])
    return inodes


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return "a program"
