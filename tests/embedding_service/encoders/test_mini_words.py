"""Which rows a text has: whatever its case, punctuation and number, the longest known names first."""

import pytest

from embedding_service.encoders.mini_words import MOST_WORDS, WordTable

TABLE = WordTable(
    {
        "hot": 0,
        "dog": 1,
        "hot dog": 2,
        "glasses": 3,
        "glass": 4,
        "puppy": 5,
        "bus": 6,
        "knives": 7,
        "knife": 7,
    }
)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("dog", [1]),
        ("Dogs!", [1]),
        ("a hot dog", [2]),
        ("hot dogs", [2]),
        ("dog, hot", [1, 0]),
        ("hot-dog", [2]),
        ("the dog's bus", [1, 6]),
        ("glasses", [3]),
        ("glass", [4]),
        ("puppies", [5]),
        ("buses", [6]),
        ("knives", [7]),
        ("a black and white photo of a dog", [1]),
        ("an old photo of two puppies", [5]),
        ("photo of", []),
        ("", []),
        ("xyzzy", []),
    ],
)
def test_rows(text: str, rows: list[int]) -> None:
    assert TABLE(text) == rows


def test_what_is_past_the_length_is_ignored() -> None:
    assert TABLE("dog " * 500) == [1] * MOST_WORDS
