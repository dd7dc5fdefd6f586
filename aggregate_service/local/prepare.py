"""Get the pictures and index them through running services; Compose's one-shot step before the aggregate."""

import os
import subprocess
import sys
from collections.abc import Mapping

from aggregate_service.local.config import LocalSettings
from aggregate_service.local.console import progress_bar, say
from aggregate_service.local.gallery import Gallery, NoPictures, find_gallery


def index_gallery(gallery: Gallery, environment: Mapping[str, str]) -> int:
    """Run the `index` command on the gallery's folder; returns its exit code."""
    command = [sys.executable, "-m", "aggregate_service.cli", "index", str(gallery.folder)]
    command += ["--label", gallery.label, "--notice", gallery.notice, "--launched"]
    return subprocess.run(command, env=dict(environment), check=False).returncode  # noqa: S603 - our own module


def main() -> int:
    try:
        gallery = find_gallery(LocalSettings(), progress_bar, say)
    except NoPictures as error:
        say(str(error))
        return 2
    return index_gallery(gallery, os.environ)


if __name__ == "__main__":
    sys.exit(main())
