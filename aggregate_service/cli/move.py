"""`image-search export` and `import`: a whole collection in one file, checked at both ends."""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Annotated, NoReturn

import typer
from rich.progress import Progress as Bars

from aggregate_service.cli.exit_codes import DONE, FAILED
from aggregate_service.cli.options import Server, connected
from aggregate_service.cli.output import say, stderr, stdout
from aggregate_service.config import Settings
from service_kit.problems import Problem

Bundle = Annotated[Path, typer.Argument(metavar="FILE", help="The bundle, a .zip file.")]
SearchUrl = Annotated[
    str | None, typer.Option("--search", metavar="URL", help="The search API; otherwise SEARCH_API_URL.")
]
Collection = Annotated[
    str | None, typer.Option(metavar="NAME", help="Its name; left out: the default one, or the bundle's.")
]
LEAST_RECALL = 0.9


def export_collection(
    file: Bundle,
    collection: Collection = None,
    paths: Annotated[bool, typer.Option(help="Take the list of pictures along.")] = True,
    search: SearchUrl = None,
    server: Server = None,
) -> None:
    """Write vectors, ids, the encoder's fingerprint and the pictures' paths into one file."""
    moving, search_api = _movers()
    try:
        api = search_api.SearchApi(search or Settings().search_api_url)
        name = collection if collection is not None else api.default()
        with tempfile.TemporaryDirectory() as scratch, _bar("Exporting") as progress:
            listed = Path(scratch) / "image_paths.json"
            if paths:
                listed.write_bytes(_list_pictures(name, server))
            manifest = moving.export_bundle(api, file, name, listed if paths else None, progress)
    except (search_api.MoveError, OSError, Problem) as reason:
        _give_up(reason)
    stdout().print(f"{file}: {manifest.count} vectors of {manifest.encoder} from {manifest.collection}")


def import_collection(
    file: Bundle,
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
    moving, search_api = _movers()
    try:
        api = search_api.SearchApi(search or Settings().search_api_url)
        target = paths or Settings().images_path_file
        with _bar("Importing") as progress:
            moved = moving.import_bundle(
                api, file, collection, target if _has_paths(file, paths) else None, progress
            )
    except (search_api.MoveError, OSError) as reason:
        _give_up(reason)
    stdout().print(
        f"{moved.collection}: {moved.count} vectors, recall@10 {moved.recall_at_10:.3f} on a sample"
    )
    if _has_paths(file, paths):
        say(f"The list of pictures is in {target}: an empty catalogue takes it in when its service starts.")
    if moved.recall_at_10 < min_recall:
        say(f"The recall is under {min_recall:g}: all vectors are there, but not well found.")
    raise typer.Exit(DONE if moved.recall_at_10 >= min_recall else FAILED)


def _has_paths(file: Path, asked: Path | None) -> bool:
    """Asked for by name, a missing list is an error; otherwise it is taken where there is one."""
    from search_service.bundle.bundle import Bundle as Opened

    return asked is not None or Opened(file).paths() is not None


def _movers() -> tuple[ModuleType, ModuleType]:
    """The search service's own part that moves collections; it needs neither an engine nor a model."""
    try:
        from search_service.bundle import api as search_api
        from search_service.bundle import transfer as moving
    except ImportError as error:
        say(f"Not done: this needs the search service's code beside it ({error}). In Compose, run")
        say("docker compose exec search_service python -m search_service.bundle export|import FILE")
        raise typer.Exit(FAILED) from None
    return moving, search_api


def _list_pictures(collection: str, server: str | None) -> bytes:
    """`image_paths.json`: from this machine's catalogue, or from the service that was named."""
    from aggregate_service.catalogue.local_catalogue import catalogue_file, portable_list

    settings = Settings()
    file = catalogue_file(settings)
    if server is None and (file is None or file.is_file()):
        return portable_list(settings, collection)
    with connected(server) as images:
        paths = {picture.id: picture.path for picture in images.images(1000)}
    listed = [paths.get(i) for i in range(max(paths, default=-1) + 1)]
    return json.dumps(listed, ensure_ascii=False, indent=0).encode()


@contextmanager
def _bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """What to call with how many are done, and of how many."""
    with Bars(console=stderr(), disable=not stderr().is_terminal) as bars:
        task = bars.add_task(title, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _give_up(reason: Exception) -> NoReturn:
    say(f"Nothing is finished: {reason.detail if isinstance(reason, Problem) else reason}")
    raise typer.Exit(FAILED) from reason
