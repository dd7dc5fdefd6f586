"""Get the pictures; Compose's one-shot step before the aggregate, which indexes and serves them."""

import sys

from aggregate_service.local.config import LocalSettings
from aggregate_service.local.console import progress_bar, say
from aggregate_service.local.gallery import LocalGallery, NoPictures, find_gallery
from service_kit.settings import from_environment


def main() -> int:
    try:
        gallery = find_gallery(from_environment(LocalSettings), progress_bar, say)
    except NoPictures as error:
        say(str(error))
        return 2
    say(f"Pictures: {gallery.label}{f', in {gallery.folder}' if isinstance(gallery, LocalGallery) else ''}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
