"""What the services say has a name, and every name its sentence in each language; none is said by nobody."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from aggregate_service.web.page.messages import LANGUAGES, Translation, messages
from frontend import MESSAGES
from service_kit.messages import message as module
from service_kit.messages.message import Message, members, message

ROOT = Path(__file__).parents[2]
PACKAGES = ("service_kit", "picture_files", "embedding_service", "search_service", "aggregate_service")
ENGLISH: dict[str, str] = json.loads(Path(module.__file__).with_name("english.json").read_text("utf-8"))
OTHERS = [language for language in LANGUAGES if language != "en"]


def read(language: str) -> dict[str, str]:
    texts: dict[str, str] = json.loads((MESSAGES / f"problems.{language}.json").read_text("utf-8"))
    return texts


def names(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field}


def calls() -> Iterator[tuple[str, ast.Call]]:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not isinstance(node, ast.Call) or ast.unparse(node.func) != "message":
                    continue
                if isinstance(node.args[0], ast.Constant):
                    yield str(node.args[0].value), node


CALLS = list(calls())


@pytest.mark.parametrize(("name", "call"), CALLS, ids=[name for name, _ in CALLS])
def test_what_is_said_is_there_with_all_that_its_sentence_needs(name: str, call: ast.Call) -> None:
    assert {keyword.arg for keyword in call.keywords} == names(ENGLISH[name])


def test_nothing_is_kept_that_nobody_says() -> None:
    """What jobs/ and local/ say is plain text, as long as nobody has named it there."""
    plain = {
        node.value
        for package in ("jobs", "local")
        for path in (ROOT / "aggregate_service" / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    said = {name for name, _ in CALLS}
    for name in ENGLISH.keys() - said - {f"{name}.next" for name in said}:
        fixed = [part for part, _, _, _ in Formatter().parse(ENGLISH[name]) if part.strip(" .:,")]
        assert all(any(part in text for text in plain) for part in fixed), name


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_says_all_of_it(language: str) -> None:
    assert read(language).keys() == ENGLISH.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_fill_the_same_names(language: str) -> None:
    for name, text in read(language).items():
        assert names(text) <= names(ENGLISH[name]), name


def test_files_are_sorted_by_name() -> None:
    for texts in (ENGLISH, *map(read, LANGUAGES)):
        assert list(texts) == sorted(texts)


def test_what_has_no_translation_stays_english() -> None:
    german = messages("de")
    assert german.said("A new problem.") == Translation("A new problem.", "en")
    assert german.said(Message("Newer than the page.", "newer", {})).language == "en"
    assert german.said(Message("Of another version.", "no-such-job", {})).language == "en"
    assert german.said({"title": "I'm a teapot"}) == Translation("I'm a teapot", "en")


def test_what_is_passed_on_is_translated_too_and_names_stay() -> None:
    passed_on = message("upload-unusable", filename="b.svg", detail=message("svg-unsupported"))
    german = (
        "Mit dem Bild kann nicht gesucht werden: b.svg: SVG wird nicht unterstützt: "
        "Das ist eine Zeichnung, kein Bild; exportieren Sie sie als PNG."
    )
    for said in (passed_on, json.loads(json.dumps(members(passed_on)))):
        assert messages("de").said(said).text == german


def test_hostile_names_only_fill_a_place() -> None:
    found = messages("de").said(message("no-such-job", id="{0.__class__} {id}"))
    assert found.text == "Es gibt keinen Auftrag mit der Kennung {0.__class__} {id}."


def test_pages_say_some_things_otherwise_than_programs_hear_them() -> None:
    said = messages("en").said(message("no-text-side", encoder="dino"))
    assert said == Translation(
        "The encoder dino understands pictures only, no words. Search by a picture, "
        "or choose another encoder under Options.",
        "en",
    )
