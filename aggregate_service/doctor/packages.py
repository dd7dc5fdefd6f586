"""What is installed, against what this project asks for and pins."""

import re
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from aggregate_service.doctor.finding import Finding, bad, ok, warn

_PROJECT = "image-search"
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)")
_EXTRA = re.compile(r"extra == ['\"]([^'\"]+)['\"]")
_CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
_ELSEWHERE = {"embedding": "the embedding service", "search": "the search service"}
Installed = Callable[[str], str | None]


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def packages(backend: str, declared: list[str] | None = None, have: Installed = installed) -> list[Finding]:
    """`backend` is SEARCH_BACKEND, whose extra must be here when the search service is."""
    declared = declared if declared is not None else _declared()
    if not declared:
        return [warn("Packages", f"{_PROJECT} isn't installed as a package", "Run `make install`.")]
    findings = [_group("aggregate", [*_of(declared, None), *_of(declared, "aggregate")], have)]
    for extra, service in _ELSEWHERE.items():
        findings.append(_optional(extra, service, _of(declared, extra), have))
    if backend in ("pgvector", "milvus"):
        findings.append(_group(backend, _of(declared, backend), have))
    findings.append(pinned(_pins(), have))
    return findings


def pinned(pins: Mapping[str, str], have: Installed = installed) -> Finding:
    if not pins:
        return ok("Versions", "no list of pinned versions beside this installation")
    other = [
        f"{name} {found} instead of {wanted}"
        for name, wanted in pins.items()
        if (found := have(name)) is not None and found.partition("+")[0] != wanted
    ]
    if not other:
        return ok("Versions", "what is installed is what is pinned")
    shown = "; ".join(other[:5]) + (f"; and {len(other) - 5} more" if len(other) > 5 else "")
    return warn("Versions", shown, "Run `make install`, which brings the tested versions.")


def _group(extra: str, names: list[str], have: Installed) -> Finding:
    about = f"Packages [{extra}]"
    if missing := [name for name in names if have(name) is None]:
        return bad(about, f"missing: {', '.join(missing)}", f"pip install '{_PROJECT}[{extra}]'")
    return ok(about, f"all {len(names)} are there")


def _optional(extra: str, service: str, names: list[str], have: Installed) -> Finding:
    about = f"Packages [{extra}]"
    missing = [name for name in names if have(name) is None]
    if len(missing) == len(names):
        return ok(about, f"none are here: {service} runs elsewhere")
    if missing:
        what = f"missing: {', '.join(missing)}"
        return warn(about, what, f"pip install '{_PROJECT}[{extra}]', if {service} runs here.")
    return ok(about, f"all {len(names)} are there")


def _declared() -> list[str]:
    try:
        return requires(_PROJECT) or []
    except PackageNotFoundError:
        return []


def _of(declared: list[str], extra: str | None) -> list[str]:
    """Names that the project, or one of its extras, asks for on every machine."""
    names = []
    for line in declared:
        found, marked = _REQUIREMENT.match(line), _EXTRA.search(line)
        if found and (marked[1] if marked else None) == extra and "platform_machine" not in line:
            names.append(found[1])
    return names


def _pins() -> dict[str, str]:
    try:
        lines = _CONSTRAINTS.read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.partition("==") for line in lines if "==" in line and not line.startswith("#"))
    return {name.strip(): wanted.partition(";")[0].strip() for name, _, wanted in pairs}
