"""SigLIP's and SigLIP2's words: as their own tokenizers have them, always 64, never masked."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, Siglip2Tokenizer, SiglipModel

from embedding_service.encoders.checkpoint import BrokenCheckpoint, local_spec
from embedding_service.encoders.load import load_encoder
from embedding_service.encoders.siglip import SiglipTokenizer
from tests.embedding_service.families import (
    write_family,
    write_gemma_tokenizer,
    write_siglip_tokenizer,
)

TEXTS = ["a red bus in the rain", "A Red, bus!", "a", "zebra " * 40, "a, b", "ÄÖ"]
FIXED = {"padding": "max_length", "max_length": 64, "truncation": True}


@pytest.fixture
def siglip(tmp_path: Path) -> Path:
    write_siglip_tokenizer(tmp_path)
    return tmp_path


@pytest.fixture
def siglip2(tmp_path: Path) -> Path:
    write_gemma_tokenizer(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("a red bus in the rain", "a red bus in the rain"),
        ("A Red,  BUS!!\nin the rain.", "a red bus in the rain"),
        ("  it's (really) a-ok ", "its really aok"),
        ("zebra " * 60, "zebra " * 60),
        ("?!", ""),
    ],
)
def test_siglip_reads_neither_case_nor_punctuation(siglip: Path, text: str, canonical: str) -> None:
    reference = AutoTokenizer.from_pretrained(siglip)
    assert SiglipTokenizer(siglip, 64)([text]) == reference([canonical.strip()], **FIXED)["input_ids"]


def test_siglip2_reads_no_case(siglip2: Path) -> None:
    reference = Siglip2Tokenizer.from_pretrained(siglip2)
    ours = SiglipTokenizer(siglip2, 64)(TEXTS)
    assert ours == reference(TEXTS, **FIXED)["input_ids"]
    assert ours[0] != ours[1]
    assert {len(ids) for ids in ours} == {64}
    assert ours[3][-1] == reference.eos_token_id


def test_the_end_stays_when_a_text_is_cut(siglip: Path) -> None:
    tokenizer = SiglipTokenizer(siglip, 64)
    space, letter, *filling = tokenizer(["z"])[0]
    assert set(filling) == {1}
    assert tokenizer(["z" * 100_000])[0] == [space, *[letter] * 62, 1]
    assert tokenizer.count("z" * 100_000) == 100_002


@pytest.mark.parametrize("family", ["siglip", "siglip2"])
def test_texts_agree_with_transformers(family: str, tmp_path: Path) -> None:
    folder = write_family(family, tmp_path)
    encoder = load_encoder(local_spec(folder, None), folder)
    ids = torch.tensor(SiglipTokenizer(folder, 64)(TEXTS))
    with torch.inference_mode():
        features = SiglipModel.from_pretrained(folder).get_text_features(input_ids=ids).pooler_output
    theirs = torch.nn.functional.normalize(features).numpy()
    np.testing.assert_allclose(encoder.embed_texts(TEXTS), theirs, atol=1e-5)


def test_long_texts_are_noticed(tmp_path: Path) -> None:
    folder = write_family("siglip2", tmp_path)
    encoder = load_encoder(local_spec(folder, None), folder)
    assert [encoder.too_long("z" * length) for length in (1, 63, 64)] == [False, False, True]
    assert [encoder.count_tokens("z" * length) for length in (1, 63, 64)] == [2, 64, 64]


def test_a_tokenizer_without_an_end_is_said(siglip2: Path) -> None:
    path = siglip2 / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"eos_token": "<nowhere>"}))
    with pytest.raises(BrokenCheckpoint, match="eos_token"):
        SiglipTokenizer(siglip2, 64)


def test_a_damaged_tokenizer_is_said(siglip2: Path) -> None:
    (siglip2 / "tokenizer.json").write_text("{")
    with pytest.raises(BrokenCheckpoint, match=r"tokenizer\.json"):
        SiglipTokenizer(siglip2, 64)
