"""Small random checkpoints of every family but CLIP, each written by the family's own classes."""

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, pre_tokenizers, processors
from tokenizers.models import Unigram
from transformers import (
    BitImageProcessorPil,
    ConvNextImageProcessorPil,
    Dinov2Config,
    Dinov2Model,
    PreTrainedTokenizerFast,
    ResNetConfig,
    ResNetForImageClassification,
    Siglip2Tokenizer,
    SiglipConfig,
    SiglipImageProcessorPil,
    SiglipModel,
)

from tests.embedding_service.checkpoints import write_checkpoint

IMAGENET_MEAN, IMAGENET_STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
TOWER = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
LETTERS = "abcdefghijklmnopqrstuvwxyz"
BICUBIC, BILINEAR = 3, 2


def write_family(name: str, folder: Path) -> Path:
    """A whole checkpoint of the family in `folder`."""
    torch.manual_seed(11)
    match name:
        case "clip":
            write_checkpoint(folder, dimension=48)
        case "siglip":
            write_siglip_model(folder, vocabulary=30, resample=BICUBIC)
            write_siglip_tokenizer(folder)
        case "siglip2":
            write_siglip_model(folder, vocabulary=40, resample=BILINEAR)
            write_gemma_tokenizer(folder)
        case "dinov2":
            _write_dinov2(folder)
        case "resnet":
            _write_resnet(folder)
        case "vgg":
            folder.mkdir(exist_ok=True)
            torch.save(vgg_state(), folder / "vgg.pth")
    return folder


def write_siglip_model(folder: Path, vocabulary: int, resample: int) -> None:
    text = {**TOWER, "vocab_size": vocabulary, "max_position_embeddings": 64, "projection_size": 32}
    vision = {**TOWER, "image_size": 64, "patch_size": 16}
    tokens = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 1}
    SiglipModel(SiglipConfig(text_config=text | tokens, vision_config=vision)).save_pretrained(folder)
    SiglipImageProcessorPil(
        size={"height": 64, "width": 64}, resample=resample, image_mean=[0.5] * 3, image_std=[0.5] * 3
    ).save_pretrained(folder)


def write_siglip_tokenizer(folder: Path) -> None:
    """As SigLIP's: sentencepiece unigrams, filled up with the end token; no rule for case or punctuation."""
    pieces = [
        ("<unk>", 0.0),
        ("</s>", 0.0),
        ("▁", -2.0),
        ("▁a", -1.5),
        *((letter, -3.0) for letter in LETTERS),
    ]
    tokenizer = Tokenizer(Unigram(pieces, unk_id=0, byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing("$A </s>", special_tokens=[("</s>", 1)])
    make_fast: Any = PreTrainedTokenizerFast
    fast = make_fast(
        tokenizer_object=tokenizer, eos_token="</s>", pad_token="</s>", unk_token="<unk>", model_max_length=64
    )
    fast.save_pretrained(folder)


def write_gemma_tokenizer(folder: Path) -> None:
    """As SigLIP2's: Gemma's byte pairs, a filling token of its own, no beginning token."""
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "▁", ",", "!"]
    vocabulary = {token: i for i, token in enumerate([*special, *LETTERS, "re", "red"])}
    make_tokenizer: Any = Siglip2Tokenizer
    tokenizer = make_tokenizer(vocab=vocabulary, merges=[("r", "e"), ("re", "d")], padding_side="right")
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        "$A <eos>", special_tokens=[("<eos>", 1)]
    )
    tokenizer.save_pretrained(folder)


def _write_dinov2(folder: Path) -> None:
    """Trained on larger pictures than it is shown, as the public ones: their positions are interpolated."""
    config = Dinov2Config(
        hidden_size=48, num_hidden_layers=2, num_attention_heads=2, image_size=98, patch_size=14
    )
    Dinov2Model(config).save_pretrained(folder)
    BitImageProcessorPil(
        size={"shortest_edge": 64},
        crop_size={"height": 56, "width": 56},
        resample=BICUBIC,
        image_mean=IMAGENET_MEAN,
        image_std=IMAGENET_STD,
    ).save_pretrained(folder)


def _write_resnet(folder: Path) -> None:
    """With its classifier, as the public checkpoint; its processor's file in the old, short form."""
    config = ResNetConfig(embedding_size=8, hidden_sizes=[16, 40], depths=[1, 1])
    ResNetForImageClassification(config).save_pretrained(folder)
    processor = {
        "crop_pct": 0.875,
        "do_normalize": True,
        "do_resize": True,
        "feature_extractor_type": "ConvNextFeatureExtractor",
        "image_mean": IMAGENET_MEAN,
        "image_std": IMAGENET_STD,
        "resample": BICUBIC,
        "size": 56,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(processor))
    assert ConvNextImageProcessorPil.from_pretrained(folder).crop_pct == 0.875


def vgg_state() -> dict[str, torch.Tensor]:
    """torchvision's names and numbering of VGG-16 with few channels, and something of its classifier."""
    numbers = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
    channels = (3, 4, 4, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 512)
    state = {"classifier.0.weight": torch.zeros(2, 2)}
    for number, before, after in zip(numbers, channels, channels[1:], strict=False):
        state[f"features.{number}.weight"] = torch.randn(after, before, 3, 3) / (3 * before**0.5)
        state[f"features.{number}.bias"] = torch.rand(after) / 10
    return state
