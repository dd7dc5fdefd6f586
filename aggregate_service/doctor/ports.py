"""Who listens on the services' ports: our service, nobody, or a program that is in the way."""

import socket

import psutil

from aggregate_service.doctor.finding import Finding, bad, ok


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
    try:
        for found in psutil.net_connections("tcp"):
            if found.status == psutil.CONN_LISTEN and found.laddr.port == number and found.pid:
                return f"{psutil.Process(found.pid).name()} (process {found.pid})"
    except psutil.Error:  # not told to this user, or gone meanwhile
        pass
    return "another program (which one, only its owner or root can see)"


def _taken(host: str, number: int) -> bool:
    where = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - compared, not bound
    try:
        with socket.create_connection((where, number), timeout=1):
            return True
    except OSError:
        return False
