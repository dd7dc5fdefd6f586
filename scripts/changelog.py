"""Print a version's section of CHANGELOG.md, for its release: `python -m scripts.changelog 0.2.0`."""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
_HEADING = re.compile(r"^## \[?v?(?P<name>[^\]\s]+)\]?.*$", re.MULTILINE)


class NoRelease(Exception):
    """What stands in the way of one."""


def section(changelog: str, version: str) -> str:
    """Everything below its heading."""
    headings = list(_HEADING.finditer(changelog))
    for heading, following in zip(headings, [*headings[1:], None], strict=True):
        if heading["name"] == version:
            text = changelog[heading.end() : following.start() if following else None].strip()
            if text:
                return text
            raise NoRelease(f"the section of {version} in CHANGELOG.md is empty")
    raise NoRelease(f"CHANGELOG.md has no section of {version}")


def main(arguments: list[str]) -> None:
    (version,) = arguments
    try:
        packaged = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
        if packaged != version:
            raise NoRelease(f"pyproject.toml says {packaged}, not {version}")
        print(section((ROOT / "CHANGELOG.md").read_text(), version))
    except NoRelease as reason:
        sys.exit(f"changelog: {reason}")


if __name__ == "__main__":
    main(sys.argv[1:])
