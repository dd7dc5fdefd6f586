"""Bodies in parts, written by hand where a library would refuse to write them."""

from collections.abc import Iterable

TYPE = {"Content-Type": "multipart/form-data; boundary=b"}


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    named = f'; filename="{filename}"' if filename is not None else ""
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + content + b"\r\n"


def form(parts: Iterable[bytes], boundary: str = "b") -> bytes:
    body = b"".join(parts) + b"--b--\r\n"
    return body if boundary == "b" else body.replace(b"--b", b"--" + boundary.encode())


def file_form(content: bytes, filename: str = "a.png") -> bytes:
    return form([part("files", content, filename)])
