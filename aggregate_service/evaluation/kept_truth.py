"""A truth on disk, among the lists of jobs: written when one is asked for, read when it is worked on."""

from uuid import uuid4

from aggregate_service.evaluation.truth import Truth
from aggregate_service.files.content_store import ContentStore
from service_kit.messages.message import message
from service_kit.problems import NotFound


def keep(contents: ContentStore, truth: Truth) -> str:
    """The name that it has until its job has ended."""
    aside = contents.aside()
    try:
        aside.write(truth.to_json())
        aside.finish()
        return contents.keep_list(aside.path, f"{uuid4().hex}.json").name
    finally:
        aside.discard()


def kept_truth(contents: ContentStore, name: str) -> Truth:
    path = contents.list_path(name)
    if not path.is_file():
        raise NotFound(message("list-gone"))
    return Truth.from_json(path.read_bytes())
