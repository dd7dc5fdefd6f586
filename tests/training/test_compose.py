"""A phrase's meaning from its words': learned, while a word alone keeps its own."""

from training.compose import padded, split


def test_rows_are_filled_up() -> None:
    ids, present = padded([[3], [5, 6, 7]])
    assert ids.tolist() == [[3, 0, 0], [5, 6, 7]]
    assert present.tolist() == [[True, False, False], [True, True, True]]


def test_a_name_is_split_into_its_words() -> None:
    assert split(["hot dog"], lambda word: {"hot": [1], "dog": [2], "hot dog": [9]}[word]) == [[1, 2]]
