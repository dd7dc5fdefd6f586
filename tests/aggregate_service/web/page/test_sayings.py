"""What the services say, to people who read German: every problem, and nothing that isn't said any more."""

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from aggregate_service.web.page.messages import messages
from aggregate_service.web.page.sayings import Saying, said, template
from frontend import MESSAGES

ROOT = Path(__file__).parents[4]
LISTS = sorted(MESSAGES.glob("said.*.json"))
# What people can meet on the page; the command line, the Python client and the launcher speak English.
OTHERS = ("cli", "doctor", "local", "migrations", "client")
FOLDERS = [path for path in (ROOT / "aggregate_service").rglob("*.py") if not set(path.parts) & {*OTHERS}]
SOURCES = [
    *FOLDERS,
    ROOT / "service_kit" / "guard.py",
    ROOT / "embedding_service" / "embedder.py",
    *(ROOT / "picture_files").glob("*.py"),
]
STARLETTES = {"Not Found", "Method Not Allowed"}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def classes() -> dict[str, list[str]]:
    """Names of the classes of all sources, with their bases'."""
    paths = [*SOURCES, ROOT / "service_kit" / "problems.py", *(ROOT / "embedding_service").glob("*.py")]
    found = (node for path in paths for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef))
    return {node.name: [ast.unparse(base) for base in node.bases] for node in found}


def is_problem(name: str, known: dict[str, list[str]]) -> bool:
    return name == "Problem" or any(is_problem(base, known) for base in known.get(name, []))


def sentence(node: ast.expr) -> str | None:
    """A string or an f-string with something in each of its places; None for what is made elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "sea/7.jpg" for part in node.values]
        return "".join(map(str, parts))
    return None


def problems() -> Iterator[str]:
    """The details of all problems that are raised, each with made-up values."""
    known = classes()
    for path in SOURCES:
        for node in ast.walk(tree(path)):
            calls = []
            if isinstance(node, ast.ClassDef) and is_problem(node.name, known):
                inside = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
                calls = [each for each in inside if ast.unparse(each.func) == "super().__init__"]
            elif isinstance(node, ast.Call) and is_problem(ast.unparse(node.func), known):
                calls = [node]
            said_there = [sentence(call.args[0]) for call in calls if call.args]
            yield from (text for text in said_there if text and " " in text)


def test_there_are_problems_to_look_at() -> None:
    assert len(set(problems())) > 80


@pytest.mark.parametrize("english", sorted(set(problems())))
def test_every_problem_has_its_german(english: str) -> None:
    assert said(english, "de").language == "de"


def test_what_is_not_known_stays_english() -> None:
    assert said("A new problem.", "de") == Saying("A new problem.", "en")
    assert said("word " * 1_000, "de").language == "en"


def test_names_stay_and_what_is_passed_on_is_translated_too() -> None:
    passed_on = "The picture can't be searched with: b.heic: HEIC isn't supported; convert it to JPEG."
    german = "Mit dem Bild kann nicht gesucht werden: b.heic: HEIC wird nicht unterstützt; "
    assert messages("de").said(passed_on).text == german + "wandeln Sie das Bild in JPEG um."


def test_hostile_names_only_fill_a_place() -> None:
    found = said("There is no job with the id {0.__class__} {id}.", "de")
    assert found.text == "Es gibt keinen Auftrag mit der Kennung {0.__class__} {id}."


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.name)
def test_nothing_is_translated_that_nobody_says_any_more(path: Path) -> None:
    everywhere = [
        *SOURCES,
        ROOT / "embedding_service/weights/choice.py",
        ROOT / "embedding_service/web/routes.py",
    ]
    everywhere += [ROOT / "embedding_service/web/deadline.py", ROOT / "embedding_service/models.py"]
    everywhere += [ROOT / "aggregate_service/local/gallery.py"]
    nodes = (node for each in everywhere for node in ast.walk(tree(each)) if isinstance(node, ast.Constant))
    constants = {node.value for node in nodes if isinstance(node.value, str)}
    for english, translation in json.loads(path.read_text("utf-8")).items():
        fixed = [part for part in template(english, translation).between if part.strip(" .:,")]
        missing = [part for part in fixed if not any(part in constant for constant in constants)]
        assert not missing or english in STARLETTES, english


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.name)
def test_translations_fill_the_same_names(path: Path) -> None:
    for english, translation in json.loads(path.read_text("utf-8")).items():
        used = {name for _, name, _, _ in Formatter().parse(translation) if name}
        assert used <= set(template(english, translation).names), english
