"""Ask the open database of vulnerabilities (OSV) about every pinned dependency: `python -m scripts.audit`."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from urllib.request import Request, urlopen

from scripts.pythons import pins

_OSV = "https://api.osv.dev"
_SECONDS = 60


def vulnerabilities(pinned: Mapping[str, str], address: str = _OSV) -> dict[str, Sequence[str]]:
    """The known ones of each package that has any, by their ids."""
    queries = [
        {"version": version, "package": {"name": name, "ecosystem": "PyPI"}}
        for name, version in pinned.items()
    ]
    body = json.dumps({"queries": queries}).encode()
    request = Request(f"{address}/v1/querybatch", body, {"content-type": "application/json"})
    with urlopen(request, timeout=_SECONDS) as answer:
        results = json.load(answer)["results"]
    found = zip(pinned, results, strict=True)
    return {name: [each["id"] for each in result["vulns"]] for name, result in found if result.get("vulns")}


def main() -> None:
    pinned = pins()
    found = vulnerabilities(pinned, os.environ.get("OSV_URL", _OSV))
    for name, ids in found.items():
        print(f"{name} {pinned[name]}: {', '.join(ids)} (https://osv.dev/list?q={name}&ecosystem=PyPI)")
    print(f"audit: {len(found)} of {len(pinned)} pinned dependencies are known to be vulnerable")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
