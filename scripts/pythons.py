"""Which Pythons we support, and for which every pinned dependency has wheels on 64-bit Linux."""

import subprocess
import sys
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
ASKED = ("3.11", "3.12", "3.13", "3.14")
_CLASSIFIER = "Programming Language :: Python :: "
# pip takes a named platform literally: each older glibc that a wheel may be made for is named too.
_PLATFORMS = [f"manylinux_2_{minor}_x86_64" for minor in range(36, 4, -1)]
_PLATFORMS += ["manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64", "linux_x86_64"]

Versions = Callable[[str, str], set[str]]
"""(package, Python) → the package's versions that have a wheel for it."""


class CannotAsk(Exception):
    """pip didn't reach its index; what it says of a package means nothing then."""


def supported() -> tuple[str, ...]:
    """The Pythons that pyproject.toml names; the workflow tests these, `scripts/install` prefers them."""
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    return tuple(line.removeprefix(_CLASSIFIER) for line in classifiers if line.startswith(_CLASSIFIER))


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().split()
    return dict(line.split("==") for line in lines)


def lacking(python: str, pinned: dict[str, str], versions: Versions) -> list[str]:
    """The pins without a wheel for this Python."""
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda package: versions(package, python), pinned)
        return [
            f"{name}=={version}"
            for (name, version), there in zip(pinned.items(), found, strict=True)
            if version not in there
        ]


def ask_pip(package: str, python: str) -> set[str]:
    platforms = [f"--platform={platform}" for platform in _PLATFORMS]
    command = [sys.executable, "-m", "pip", "index", "versions", package, "--only-binary=:all:"]
    command += [f"--python-version={python}", "--implementation=cp", *platforms]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        if "No matching distribution found" not in answer.stderr or "Retrying" in answer.stderr:
            raise CannotAsk(answer.stderr.strip().splitlines()[-1])
        return set()
    listed = next(line for line in answer.stdout.splitlines() if line.startswith("Available versions: "))
    return set(listed.removeprefix("Available versions: ").split(", "))


def main() -> int:
    """0 when every Python that we say we support has all wheels."""
    bad = False
    for python in ASKED:
        try:
            missing = lacking(python, pins(), ask_pip)
        except CannotAsk as error:
            print(f"pip can't ask its index: {error}", file=sys.stderr)
            return 2
        bad |= bool(missing) and python in supported()
        print(f"{python}: {'no wheels for ' + ', '.join(missing) if missing else 'ok'}", flush=True)
    if bad:
        print("pyproject.toml names a Python that lacks wheels: see above.", file=sys.stderr)
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
