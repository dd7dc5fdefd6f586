"""Which words become rows: of a dictionary as WordNet's files hold it."""

from pathlib import Path

import pytest

from training.wordnet import WordNet

NOUNS = """\
  1 a line of the licence
00001740 03 n 01 entity 0 001 ~ 00001930 n 0000 | that which exists
00001930 03 n 01 physical_entity 0 001 @ 00001740 n 0000 | a thing
00000010 05 n 02 dog 0 Domestic_dog 0 002 @ 00001930 n 0000 + 00000099 v 0101 | a pet; "his dog"
00000011 05 n 01 wolf 0 001 @ 00000010 n 0000 | a wild one
00000012 07 n 01 truth 0 001 @ 00001740 n 0000 | what is so
00000013 05 n 01 chimera 0 001 @ 00001740 n 0000 | an animal that nobody has seen
"""


@pytest.fixture
def wordnet(tmp_path: Path) -> WordNet:
    (tmp_path / "data.noun").write_text(NOUNS)
    (tmp_path / "noun.exc").write_text("wolves wolf\n")
    return WordNet.read(tmp_path)


def test_a_synset_has_words_kind_and_gloss(wordnet: WordNet) -> None:
    dog = wordnet.nouns["00000010"]
    assert dog.words == ("dog", "domestic dog")
    assert (dog.kind, dog.above, dog.gloss) == (5, ("00001930",), "a pet")
    assert wordnet.irregular == {"wolves": "wolf"}


def test_concrete_is_what_is_physical_and_of_a_kind_that_is_seen(wordnet: WordNet) -> None:
    assert [synset.words[0] for synset in wordnet.concrete()] == ["dog", "wolf"]


def test_what_stands_above_physical_things_is_one_and_what_has_no_shape_is_not(wordnet: WordNet) -> None:
    assert [wordnet.is_top_thing(key) for key in ("00001930", "00001740")] == [True, False]
    assert not wordnet.is_top_thing("00000010")  # a dog: its kind says so
