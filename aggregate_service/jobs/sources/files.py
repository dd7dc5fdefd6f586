"""A file in a folder of the user's, looked at without following it out of there."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader

from aggregate_service.catalogue.records import Facts, Place
from aggregate_service.errors import UnreadablePicture
from aggregate_service.files.image_store import ImageStore
from aggregate_service.files.storage import OutsideFolder, StoredFile
from service_kit.messages.message import message


def described(store: ImageStore, place: Place) -> tuple[Facts, StoredFile]:
    """What reading it tells, and its real path; `UnreadablePicture` says what is in the way.

    `FileNotFoundError` where there is no such file.
    """
    with _opened(store, place) as file:
        return store.facts(file), store.locate(place)


def content_of(store: ImageStore, place: Place) -> str:
    """The SHA-256 of a file, picture or not. Raises as `described` does."""
    with _opened(store, place) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check(store: ImageStore, place: Place) -> None:
    """Raises as `described` does, for a file whose head isn't that of a picture."""
    with _opened(store, place) as file:
        store.header(file)


@contextmanager
def _opened(store: ImageStore, place: Place) -> Iterator[BufferedReader]:
    try:
        with store.open(place) as file:
            yield file
    except OutsideFolder:
        raise UnreadablePicture(message("outside-folder")) from None
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        why = str(getattr(error, "strerror", None) or error)
        raise UnreadablePicture(message("file-unreadable", error=why)) from error
