"""Both languages say the same things, the pages say nothing else, and nothing that is said is missing."""

import json
import re
import shutil
from pathlib import Path
from string import Formatter

import pytest
from jinja2 import Environment
from jinja2.lexer import TOKEN_DATA

from aggregate_service.web.page.messages import (
    LANGUAGES,
    AtLeast,
    languages_in,
    messages,
    preferred,
    read_messages,
)
from frontend import MESSAGES, STATIC, TEMPLATES

TEMPLATE_FILES = sorted(TEMPLATES.glob("*.html"))
# Names and signs that are the same in every language.
SAME_EVERYWHERE = {"API", "·", "×", "%", ",", "UTC", ":", "()"}


def names(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field}


def test_every_language_has_the_same_messages_with_the_same_names() -> None:
    english = messages("en").texts
    for language in LANGUAGES:
        texts = messages(language).texts
        assert texts.keys() == english.keys()
        assert {key: names(text) for key, text in texts.items()} == {
            key: names(text) for key, text in english.items()
        }
        assert all(texts.values())


def test_german_is_german() -> None:
    english, german = messages("en").texts, messages("de").texts
    same = {key for key in english if english[key] == german[key]}
    measures = {f"evaluation.{name}" for name in ("ndcg", "map", "mrr")}
    encoders = {"options.model", "status.encoder", "evaluation.encoder"}
    assert same == {*encoders, *measures, "status.kind"}  # Encoder, nDCG, …, Index


@pytest.mark.parametrize("path", TEMPLATE_FILES, ids=lambda path: path.name)
def test_templates_hold_no_words_of_their_own(path: Path) -> None:
    source = re.sub(r"{% block kind %}[^{]*", "", path.read_text())  # a class of the stylesheet
    data = "\0".join(text for _, kind, text in Environment().lex(source) if kind == TOKEN_DATA)
    attributes = re.findall(r'(?:aria-label|alt|title|placeholder|content)="([^"\0]+)"', data)
    text = re.sub(r"<[^>]*>", "\n", data.replace("\0", ""))
    stray = {word for line in text.split("\n") for word in line.split()} - SAME_EVERYWHERE
    allowed = {"width=device-width, initial-scale=1", "light dark"}
    assert not stray
    assert not set(attributes) - allowed


def test_every_message_that_is_asked_for_exists() -> None:
    known = messages("en").texts
    plural = {key.removesuffix(".one") for key in known if key.endswith(".one")}
    for path in TEMPLATE_FILES:
        for key in re.findall(r"""\bt\(["']([\w.-]+)["']""", path.read_text()):
            if not key.endswith("."):
                assert key in known or key in plural, f"{path.name}: {key}"
    for path in STATIC.glob("*.js"):
        for key in re.findall(r"""\bsay\("([\w-]+)\"""", path.read_text()):
            assert f"script.{key}" in known or f"script.{key}" in plural, f"{path.name}: {key}"


def test_a_language_is_one_file(tmp_path: Path) -> None:
    shutil.copytree(MESSAGES, tmp_path, dirs_exist_ok=True)
    texts = {key: f"⟦{text}⟧" for key, text in messages("en").texts.items()}
    texts |= {"language": "Made up", "separators": "' ", "months": " ".join("abcdefghijkl")}
    (tmp_path / "qx.json").write_text(json.dumps(texts), "utf-8")
    assert languages_in(tmp_path) == ("en", *sorted({*LANGUAGES, "qx"} - {"en"}))
    made_up = read_messages("qx", tmp_path)
    assert made_up("results.pictures", n=1200) == "⟦1'200 pictures⟧"
    assert made_up.date("2026-03-05T10:00:00+00:00") == "⟦5 c 2026⟧"
    assert made_up.said("What a service says.").language == "en"


def test_numbers_sizes_and_dates_are_written_as_the_language_does() -> None:
    english, german = messages("en"), messages("de")
    assert (english.number(1234.5, 1), german.number(1234.5, 1)) == ("1,234.5", "1.234,5")
    assert english.number(-0.021, 2) == "−0.02"
    assert (english.number(AtLeast(10_000)), german.number(AtLeast(10_000))) == ("10,000+", "10.000+")
    assert (english.size(999), english.size(131_072), german.size(1_250_000)) == ("999 B", "131 kB", "1,2 MB")
    assert english.date("2026-03-05T10:00:00+00:00") == "5 March 2026"
    assert german.date("2026-03-05T10:00:00+00:00") == "5. März 2026"
    assert english("results.pictures", n=1) == "1 picture"
    assert german("results.pictures", n=1200) == "1.200 Bilder"


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,en;q=0.5", "de"),
        ("en-GB, de;q=0.9", "en"),
        ("fr, de;q=0.3", "de"),
        ("fr", "en"),
        ("de;q=0", "en"),
        ("de;q=x, ,;", "en"),
        ("*", "en"),
    ],
)
def test_the_browser_chooses_the_language(accept: str, language: str) -> None:
    assert preferred(accept) == language
