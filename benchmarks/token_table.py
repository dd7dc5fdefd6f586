"""What SigLIP2's table of tokens takes in memory: a random checkpoint of its real size, in a new process."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.machine import machine, memory_bytes

TOKENS, SIDE = 256_000, 256


def write_random_siglip2(folder: Path) -> Path:
    """B/32 at 256 pixels with the public configuration: transformers' default towers, Gemma's vocabulary."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from transformers import SiglipConfig, SiglipImageProcessorPil, SiglipModel

    tokens = {"vocab_size": TOKENS, "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2}
    config = SiglipConfig(
        text_config={**tokens, "projection_size": 768}, vision_config={"image_size": SIDE, "patch_size": 32}
    )
    SiglipModel(config).save_pretrained(folder)
    SiglipImageProcessorPil(
        size={"height": SIDE, "width": SIDE}, image_mean=[0.5] * 3, image_std=[0.5] * 3
    ).save_pretrained(folder)
    known = {"<pad>": 0, "<eos>": 1, "<bos>": 2, "<unk>": 3}
    Tokenizer(WordLevel(known, unk_token="<unk>")).save(str(folder / "tokenizer.json"))
    named = {"pad_token": "<pad>", "eos_token": "<eos>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(named))
    return folder


def resident(folder: Path) -> dict[str, Any]:
    """Megabytes of this process above what its libraries take: the checkpoint loaded, then asked."""
    from embedding_service.encoders.siglip import SiglipEncoder
    from embedding_service.encoders.specs import BY_NAME

    before = _resident()
    encoder = SiglipEncoder(BY_NAME["google/siglip2-base-patch32-256"], folder)
    loaded = _resident()
    encoder.embed_texts(["a red bus"])
    return {
        "libraries_mb": before,
        "loaded_mb": _more(loaded, before),
        "after_a_text_mb": _more(_resident(), before),
    }


def _resident() -> dict[str, int]:
    """Megabytes of its own, and of files that are mapped: these the system takes back when it is short."""
    return {kind: round(memory_bytes(kind) / 1e6) for kind in ("RssAnon", "RssFile")}


def _more(now: dict[str, int], before: dict[str, int]) -> dict[str, int]:
    return {kind: now[kind] - before[kind] for kind in now}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, help="where to write the figures as JSON")
    arguments = parser.parse_args()
    result: dict[str, Any] = {"machine": machine()}
    with tempfile.TemporaryDirectory() as temporary:
        folder = write_random_siglip2(Path(temporary))
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
            result |= process.submit(resident, folder).result()
    print(json.dumps(result))
    if arguments.output:
        arguments.output.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
