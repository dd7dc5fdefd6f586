"""Small random CLIP checkpoints, written by transformers, in a folder or laid out as the hub's cache."""

import json
from pathlib import Path

import torch
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer

from embedding_service.encoders.specs import DEFAULT, EncoderSpec

# `preprocessor_config.json` of openai/clip-vit-base-patch32, with the size left open.
MEAN = [0.48145466, 0.4578275, 0.40821073]
STD = [0.26862954, 0.26130258, 0.27577711]


def write_checkpoint(folder: Path, dimension: int = 16, side: int = 32) -> Path:
    """A whole CLIP checkpoint of a few hundred kilobytes: two layers a side."""
    torch.manual_seed(7)
    tower = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    letters = list("abcdefghijklmnopqrstuvwxyz,.") + [c + "</w>" for c in "abcdefghijklmnopqrstuvwxyz,."]
    vocabulary = {token: i for i, token in enumerate([*letters, "<|startoftext|>", "<|endoftext|>"])}
    config = CLIPConfig(
        text_config={
            **tower,
            "vocab_size": len(vocabulary),
            "max_position_embeddings": 16,
            "bos_token_id": vocabulary["<|startoftext|>"],
            "eos_token_id": vocabulary["<|endoftext|>"],
        },
        vision_config={**tower, "image_size": side, "patch_size": 8},
        projection_dim=dimension,
    )
    CLIPModel(config).save_pretrained(folder)
    CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=16).save_pretrained(folder)
    write_preprocessor(folder, side)
    return folder


def write_preprocessor(folder: Path, side: int) -> None:
    config = {
        "image_processor_type": "CLIPImageProcessor",
        "do_resize": True,
        "size": {"shortest_edge": side},
        "resample": 3,
        "do_center_crop": True,
        "crop_size": {"height": side, "width": side},
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": MEAN,
        "image_std": STD,
        "do_convert_rgb": True,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(config))


def lay_in_cache(checkpoint: Path, cache: Path, spec: EncoderSpec = DEFAULT) -> Path:
    """The hub's own layout: `blobs`, and links to them under `snapshots/<revision>`."""
    repository = cache / f"models--{spec.name.replace('/', '--')}"
    snapshot = repository / "snapshots" / spec.revision
    (repository / "blobs").mkdir(parents=True)
    snapshot.mkdir(parents=True)
    for number, name in enumerate(spec.files):
        blob = repository / "blobs" / f"{number:040x}"
        blob.write_bytes((checkpoint / name).read_bytes())
        (snapshot / name).symlink_to(Path("../../blobs") / blob.name)
    return snapshot
