"""`python -m search_service.portable data/index.faiss --encoder FINGERPRINT`: vouch for a portable index."""

import argparse
import sys
from pathlib import Path

from search_service.errors import BrokenSealError, InvalidField
from search_service.portable.portable import seal
from search_service.portable.sealed_file import sidecar_of


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m search_service.portable", description=__doc__)
    parser.add_argument(
        "index", type=Path, help="an IndexIDMap2 over IndexFlatIP, as faiss.write_index wrote it"
    )
    parser.add_argument(
        "--encoder",
        required=True,
        help="fingerprint of the encoder whose vectors it holds: name@revision:dimension",
    )
    given = parser.parse_args(arguments)
    try:
        facts = seal(given.index, given.encoder)
    except (BrokenSealError, InvalidField) as reason:
        print(f"{given.index} was not sealed: {reason}", file=sys.stderr)
        return 1
    print(
        f"{sidecar_of(given.index)}: {facts['count']} vectors of {facts['encoder']}, sha256 {facts['sha256']}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
