"""Every problem has a stable name."""

import pytest

from service_kit.messages.message import message
from service_kit.problems import NotFound, Problem, Unprocessable, body_of


class OddlyNamedThing(Unprocessable):
    pass


@pytest.mark.parametrize(
    ("problem", "type_"),
    [
        (NotFound(message("no-such-job", id="j")), "no-such-job"),
        (OddlyNamedThing("Plain words."), "oddly-named-thing"),
        (Problem("Plain words."), "problem"),
    ],
)
def test_it_is_that_of_its_sentence_or_else_of_its_class(problem: Problem, type_: str) -> None:
    assert body_of(problem)["type"] == f"urn:image-search:{type_}"


def test_parameters_stand_beside_it() -> None:
    assert NotFound(message("no-such-job", id="j7")).body() == {
        "type": "urn:image-search:no-such-job",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no job with the id j7.",
        "parameters": {"id": "j7"},
    }


def test_each_of_several_errors_has_its_own() -> None:
    errors = [{"filename": "a", "detail": message("file-empty")}, {"filename": "b", "detail": "Plain."}]
    assert Unprocessable("Two.", errors=errors).body()["errors"] == [
        {"filename": "a", "type": "urn:image-search:file-empty", "detail": "The file is empty."},
        {"filename": "b", "detail": "Plain."},
    ]
