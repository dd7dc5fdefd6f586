"""`image-search backup` and `verify`: a running installation in one file; whether such a file is whole."""

import os
from pathlib import Path
from typing import Annotated

import typer

from aggregate_service.backup.archive import Backup, BackupManifest
from aggregate_service.bundle.api import MoveError
from aggregate_service.cli.exit_codes import FAILED
from aggregate_service.cli.options import Server, connected
from aggregate_service.cli.output import say, stderr, stdout
from aggregate_service.cli.progress import progress_lines

BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")]


def backup(file: BackupFile, server: Server = None) -> None:
    """Catalogue, keys, vectors and what people added, as of this moment, into FILE; the service goes on.

    FILE is replaced when the new one is whole. Pictures in your own folders aren't in it. Takes a key with
    the right `admin`.
    """
    aside = file.with_name(f"{file.name}.part")
    try:
        _download(aside, server)
        manifest = _verified(aside)
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)
    stdout().print(f"{file}: {_contents(manifest)}")


def verify(file: BackupFile) -> None:
    """Read all of FILE and compare every checksum; needs no service."""
    stdout().print(f"{file} is whole: {_contents(_verified(file))}")


def _download(aside: Path, server: str | None) -> None:
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # there are secrets in it
    with os.fdopen(descriptor, "wb") as opened:
        with connected(server) as images, progress_lines(stderr()) as progress:
            images.backup(opened, lambda size: progress("MB", size // 1_000_000, 0))
        opened.flush()
        os.fsync(opened.fileno())


def _verified(file: Path) -> BackupManifest:
    try:
        with Backup(file) as opened:
            opened.verify()
            return opened.manifest
    except MoveError as reason:
        say(f"Not a whole backup: {reason}")
        raise typer.Exit(FAILED) from reason


def _contents(manifest: BackupManifest) -> str:
    return (
        f"{manifest.pictures:,} pictures, {manifest.uploads:,} files that people added, "
        f"{len(manifest.collections)} collection(s), from version {manifest.version}"
    )
