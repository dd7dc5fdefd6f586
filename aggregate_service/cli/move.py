"""`image-search export` and `import`: a whole collection in one file, checked at both ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from aggregate_service.bundle.api import MoveError, SearchApi
from aggregate_service.bundle.bundle import Bundle
from aggregate_service.bundle.transfer import export_bundle, import_bundle
from aggregate_service.cli.config import CommandLineSettings
from aggregate_service.cli.exit_codes import DONE, FAILED
from aggregate_service.cli.options import Server, connected
from aggregate_service.cli.output import say, stderr, stdout
from aggregate_service.cli.progress import progress_lines

BundleFile = Annotated[Path, typer.Argument(metavar="FILE", help="The bundle, a .zip file.")]
SearchUrl = Annotated[
    str | None, typer.Option("--search", metavar="URL", help="The search API; otherwise SEARCH_API_URL.")
]
Collection = Annotated[
    str | None, typer.Option(metavar="NAME", help="Its name; left out: the default one, or the bundle's.")
]
LEAST_RECALL = 0.9


def export_collection(
    file: BundleFile,
    collection: Collection = None,
    paths: Annotated[bool, typer.Option(help="Take the list of pictures along.")] = True,
    search: SearchUrl = None,
    server: Server = None,
) -> None:
    """Write vectors, ids, the encoder's fingerprint and the pictures' paths into one file."""
    with _moving("Exporting") as progress:
        api = SearchApi(search or CommandLineSettings().search_api_url)
        name = collection if collection is not None else api.default()
        listed = _list_pictures(name, server) if paths else None
        manifest = export_bundle(api, file, name, listed, progress)
    stdout().print(f"{file}: {manifest.count} vectors of {manifest.encoder} from {manifest.collection}")


def import_collection(
    file: BundleFile,
    collection: Collection = None,
    paths: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where the list of pictures goes; otherwise IMAGES_PATH_FILE."),
    ] = None,
    search: SearchUrl = None,
    min_recall: Annotated[
        float, typer.Option(min=0, max=1, help="The least recall@10, measured on a sample.")
    ] = LEAST_RECALL,
) -> None:
    """Read such a file, and check that every vector is there and can be found."""
    settings = CommandLineSettings()
    target = paths or settings.images_path_file
    with _moving("Importing") as progress:
        api = SearchApi(search or settings.search_api_url)
        # Asked for by name, a missing list is an error; otherwise it is taken where there is one.
        listed = paths is not None or Bundle(file).paths() is not None
        moved = import_bundle(api, file, collection, target if listed else None, progress)
    stdout().print(
        f"{moved.collection}: {moved.count} vectors, recall@10 {moved.recall_at_10:.3f} on a sample"
    )
    if listed:
        say(f"The list of pictures is in {target}: an empty catalogue takes it in when its service starts.")
    if moved.recall_at_10 < min_recall:
        say(f"The recall is under {min_recall:g}: all vectors are there, but not well found.")
    raise typer.Exit(DONE if moved.recall_at_10 >= min_recall else FAILED)


@contextmanager
def _moving(title: str) -> Iterator[Callable[[int, int], None]]:
    """What to call with how many are done, and of how many; what stops the move is one line."""
    try:
        with progress_lines(stderr()) as progress:
            yield partial(progress, title)
    except (MoveError, OSError) as reason:
        say(f"Nothing is finished: {reason}")
        raise typer.Exit(FAILED) from reason


def _list_pictures(collection: str, server: str | None) -> bytes:
    with connected(server) as images:
        return images.portable_paths(collection)
