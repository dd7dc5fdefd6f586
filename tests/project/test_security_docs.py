"""docs/security.md names the test of each defence; each name is a test's."""

import re
from pathlib import Path

DOCUMENT = Path("docs/security.md").read_text()
TESTS = "\n".join(path.read_text() for path in Path("tests").rglob("test_*.py"))


def test_every_test_that_is_named_is_there() -> None:
    names, files = re.findall(r"`(test_\w+)`", DOCUMENT), re.findall(r"`(tests/[\w/.]+)`", DOCUMENT)
    assert len(names) + len(files) > 30
    assert [name for name in names if f"def {name}(" not in TESTS] == []
    assert [file for file in files if not Path(file).exists()] == []


def test_every_defence_names_one() -> None:
    rows = [line for line in DOCUMENT.splitlines() if line.startswith("|") and "---" not in line]
    assert len(rows) > 25
    assert [row for row in rows if "test" not in row.split("|")[3]] == []
