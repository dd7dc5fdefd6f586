"""`python -m search_service.bundle export|import FILE`: carry a collection to another machine or backend."""

import argparse
import sys
from pathlib import Path

from search_service.bundle.api import MoveError, SearchApi
from search_service.bundle.transfer import export_bundle, import_bundle


def main(arguments: list[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    try:
        api = SearchApi(given.url)
        if given.command == "export":
            manifest = export_bundle(api, given.bundle, given.collection, given.paths, _progress)
            print(
                f"{given.bundle}: {manifest.count} vectors of {manifest.encoder} from {manifest.collection}"
            )
            return 0
        moved = import_bundle(api, given.bundle, given.collection, given.paths, _progress)
    except (MoveError, OSError) as reason:
        print(f"nothing is finished: {reason}", file=sys.stderr)
        return 1
    print(f"{moved.collection}: {moved.count} vectors, recall@10 {moved.recall_at_10:.3f} on a sample")
    if moved.recall_at_10 >= given.min_recall:
        return 0
    print(
        f"the recall is under {given.min_recall}: all vectors are there, but not well found", file=sys.stderr
    )
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m search_service.bundle", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, told in (
        ("export", "write a collection into a bundle"),
        ("import", "read a bundle into a collection, and check that all of it is there and found"),
    ):
        command = commands.add_parser(name, help=told)
        command.add_argument("bundle", type=Path, help="a .zip file")
        command.add_argument("--url", default="http://127.0.0.1:8001", help="the search API")
        command.add_argument("--collection", help="its name; left out: the default one, or the bundle's")
        command.add_argument("--paths", type=Path, help="image_paths.json, to be taken along or written")
    command.add_argument("--min-recall", type=float, default=0.9, help="the least recall@10 (%(default)s)")
    return parser


def _progress(done: int, of: int) -> None:
    print(f"\r{done} of {of} vectors", end="\n" if done >= of else "", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
