"""Sentences keep their names, whatever way they travel."""

import copy
import json

import pytest

from service_kit.messages.message import Message, members, message, notice_members, received, recognised
from service_kit.messages.sentence import Sentence

CUT = message("damaged-picture", format="PNG", error="broken {data}")
NESTED = message("upload-unusable", filename="a {b}.png", detail=CUT)


def test_it_is_its_english() -> None:
    assert CUT == "The PNG picture is damaged or cut short: broken {data}."
    assert f"The picture can't be searched with: a {{b}}.png: {CUT}" == NESTED


@pytest.mark.parametrize(("name", "parameters"), [("never-said", {}), ("damaged-picture", {"format": "PNG"})])
def test_a_name_or_parameter_that_is_not_there_is_found_at_once(
    name: str, parameters: dict[str, str]
) -> None:
    with pytest.raises(KeyError):
        message(name, **parameters)


def same(one: str, other: str) -> bool:
    assert isinstance(one, Message)
    assert isinstance(other, Message)
    return (one, one.name, one.parameters) == (other, other.name, other.parameters)


def test_the_name_survives_what_programs_do_with_text() -> None:
    assert same(str(CUT), CUT)
    assert same(str(ValueError(CUT)), CUT)
    assert same(copy.deepcopy(CUT), CUT)


def test_it_travels_as_json() -> None:
    sent = json.dumps(members(NESTED))
    assert json.loads(sent)["type"] == "urn:image-search:upload-unusable"
    back = received(json.loads(sent))
    assert same(back, NESTED)
    assert isinstance(back, Message)
    assert same(str(back.parameters["detail"]), CUT)


def test_and_in_models() -> None:
    sent = Sentence(**members(NESTED)).model_dump_json()
    assert same(Sentence.model_validate_json(sent).detail, NESTED)


@pytest.mark.parametrize(
    "said",
    [
        {"detail": "Plain."},
        {"detail": "Plain.", "type": "about:blank", "parameters": {}},
        {"detail": "Plain.", "type": "https://elsewhere/cut", "parameters": {}},
        {"detail": "Plain.", "type": "urn:image-search:cut", "parameters": ["a"]},
        {"detail": "Plain.", "type": 7},
    ],
)
def test_anything_else_is_plain_text(said: dict[str, object]) -> None:
    text = received(said)
    assert text == "Plain."
    assert not isinstance(text, Message)
    assert members(text) == {"detail": "Plain."}


def test_a_notice_stands_among_other_facts() -> None:
    assert notice_members(None) == {"notice": None}
    assert notice_members("Careful.") == {"notice": "Careful."}
    notice = message("mini-encoder-stands-in", model="CLIP", encoder="mini", command="fetch")
    assert notice_members(notice) == {
        "notice": notice,
        "notice_type": "urn:image-search:mini-encoder-stands-in",
        "notice_parameters": {"model": "CLIP", "encoder": "mini", "command": "fetch"},
    }


def test_a_sentence_that_was_kept_as_text_is_recognised() -> None:
    assert same(recognised("the sample gallery"), message("sample-gallery"))
    assert not isinstance(recognised("My holidays"), Message)
