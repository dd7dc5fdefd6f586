"""A file in a folder of the user's, looked at without following it out of there."""

from pathlib import Path

from aggregate_service.catalogue.records import Facts, Place
from aggregate_service.errors import UnreadablePicture
from aggregate_service.files.image_store import ImageStore, OutsideFolder


def described(store: ImageStore, place: Place) -> tuple[Facts, Path]:
    """What reading it tells, and its real path; `UnreadablePicture` says what is in the way."""
    try:
        with store.open(place) as file:
            return store.facts(file), store.locate(place)
    except OutsideFolder:
        raise UnreadablePicture("It leads out of the folder.") from None
    except (OSError, ValueError) as error:
        raise UnreadablePicture(f"It can't be read: {getattr(error, 'strerror', None) or error}.") from error
