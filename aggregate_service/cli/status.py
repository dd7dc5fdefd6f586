"""`image-search status`: how the service and its parts are, said as a person would."""

from collections.abc import Iterator
from typing import Any

from aggregate_service.cli.options import AsJson, Server, connected
from aggregate_service.cli.output import print_json, stdout, table


def status(as_json: AsJson = False, server: Server = None) -> None:
    """Services, encoder, pictures, jobs, versions, and what to do about problems."""
    with connected(server) as images:
        told = images.status()
    if as_json:
        print_json(told)
        return
    shown = table("", "")
    shown.show_header = False
    for about, says in lines_of(told):
        shown.add_row(about, says)
    stdout().print(shown)


def lines_of(told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What it is about, and what is so; a server of another version may leave any part out."""
    yield "Services", _services(told.get("services", []))
    encoder = told.get("encoder") or {}
    yield "Encoder", encoder.get("model") or "unknown while the embedding service doesn't answer"
    yield "Pictures", _pictures(told.get("catalogue", {}))
    yield "Vectors", _vectors(told.get("collection") or {})
    yield "Jobs", _jobs(told.get("jobs", {}))
    yield "Version", ", ".join(f"{name} {version}" for name, version in told.get("versions", {}).items())
    problems = told.get("problems", [])
    if not problems:
        yield "Problems", "none"
    for number, problem in enumerate(problems):
        says = " ".join(filter(None, (problem.get("detail"), problem.get("next"))))
        yield ("Problems" if number == 0 else ""), says


def _services(services: list[dict[str, Any]]) -> str:
    away = [each["name"] for each in services if not each["ready"]]
    ready = [each["name"] for each in services if each["ready"]]
    said = [f"{', '.join(ready)} ready" if ready else "", f"{', '.join(away)} not ready" if away else ""]
    return "; ".join(filter(None, said)) or "not told"


def _pictures(catalogue: dict[str, Any]) -> str:
    count, searchable = catalogue.get("pictures", 0), catalogue.get("searchable")
    label = f" of {catalogue['label']}" if catalogue.get("label") else ""
    found = "how many can be found isn't known now"
    if searchable is not None:
        found = "all can be found" if searchable >= count else f"{searchable:,} can be found"
    parts = [f"{count:,}{label}", found if count else ""]
    if missing := catalogue.get("missing"):
        parts.append(f"{missing:,} more whose files are gone")
    if unreachable := catalogue.get("unreachable"):
        parts.append(f"{unreachable:,} more on a disk that can't be looked at")
    return ", ".join(filter(None, parts))


def _vectors(collection: dict[str, Any]) -> str:
    if not collection:
        return "not known"
    parts = [f"{collection.get('count', 0):,} in {collection['name']}"]
    recall = collection.get("recall_at_10")
    if recall is not None:
        parts.append(f"recall@10 {recall:.3g}")
    elif collection.get("kind") == "flat":
        parts.append("searched exactly")
    if size := collection.get("bytes"):
        parts.append(f"{size / 1e6:,.1f} MB of memory")
    return ", ".join(parts)


def _jobs(jobs: dict[str, int]) -> str:
    said = [f"{count:,} {name}" for name in ("running", "queued") if (count := jobs.get(name, 0))]
    return ", ".join(said) or "none under way"
