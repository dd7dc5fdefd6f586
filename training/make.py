"""Makes `mini_weights/`: what gives an ImageNet classifier words, and one space for both; takes minutes."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from embedding_service.encoders.efficientnet_lite import MEAN, STD, trunk
from embedding_service.encoders.geometry import Geometry
from embedding_service.encoders.mini import CLASSIFIER, SIDE, read_classifier, stored_composer
from embedding_service.encoders.mini_words import WordTable
from embedding_service.encoders.torch_encoder import ImageSide
from training.class_names import class_names
from training.classes import MEANING, fit, learn_rows, principal
from training.compose import learn, split
from training.drawings import SCENES, draw
from training.photos import photos
from training.phrases import phrases
from training.teacher import Teacher
from training.vocabulary import vocabulary
from training.wordnet import WordNet

log = logging.getLogger(__name__)
DRAWINGS = 30  # of each scene
_TOGETHER = 16


def features(name: str, images: Iterable[Image.Image], work: Path) -> Tensor:
    """Of pictures, `(n, 1280)`; kept in `work`."""
    kept = work / f"{name}.npy"
    if not kept.exists():
        log.info("looking at %s", name)
        squeeze = Geometry(
            None, SIDE, SIDE, Image.Resampling.BICUBIC, 1 / 255, MEAN, STD
        )  # all of it is seen
        side = ImageSide(trunk(read_classifier(CLASSIFIER.find()), SIDE), squeeze).eval()
        found, batch = [], []
        with torch.inference_mode():
            for image in images:
                batch.append(squeeze(image))
                if len(batch) == _TOGETHER:
                    found.append(side(torch.from_numpy(np.stack(batch))))
                    batch = []
            if batch:
                found.append(side(torch.from_numpy(np.stack(batch))))
        np.save(kept, torch.cat(found).numpy())
    return torch.from_numpy(np.load(kept))


def sentence_vectors(teacher: Teacher) -> Tensor:
    """Of every class, ImageNet's and the drawn ones, the mean of what it is called, `(classes, 384)`."""
    called = [*class_names(), *([*names] for _, names in SCENES.values())]
    texts = [sorted({form for name in names for form in (name, f"a photo of a {name}")}) for names in called]
    vectors = torch.from_numpy(teacher([text for each in texts for text in each]))
    means = [part.mean(0) for part in vectors.split([len(each) for each in texts])]
    return functional.normalize(torch.stack(means), dim=1)


def make(archives: Path, dictionary: Path, work: Path, out: Path) -> None:
    work.mkdir(parents=True, exist_ok=True)
    teacher = Teacher(work)
    state = read_classifier(CLASSIFIER.find())

    named = sentence_vectors(teacher)
    mean = named[:1000].mean(0)
    reduce = principal(named[:1000] - mean, MEANING)

    seen = features("photos", (photo.image for photo in photos(archives)), work)
    drawn = features("drawn", (draw(scene, number) for scene in SCENES for number in range(DRAWINGS)), work)
    scene = torch.arange(len(SCENES)).repeat_interleave(DRAWINGS)
    rows, bias = learn_rows(state["_fc.weight"], state["_fc.bias"], seen, drawn, scene)
    classes = fit(rows, bias, (named - mean) @ reduce, seen.mean(0))

    entries = vocabulary(WordNet.read(dictionary), dictionary)
    meanings = (torch.from_numpy(teacher([entry.forms[0] for entry in entries])) - mean) @ reduce
    scales = meanings.abs().amax(1) / 127
    stored = (meanings / scales.unsqueeze(1)).round().to(torch.int8)
    words = stored.float() * scales.half().float().unsqueeze(1)

    row_of = WordTable({form: row for row, entry in enumerate(entries) for form in entry.forms})
    made = phrases(entries)
    names = [entry.forms[0] for entry in entries if " " in entry.forms[0]]
    parts = [*split(names, row_of), *(row_of(phrase) for phrase in made)]
    known = [number for number, rows_of_it in enumerate(parts) if rows_of_it]
    targets = (torch.from_numpy(teacher([*names, *made])) - mean) @ reduce
    composer = learn(words, [parts[number] for number in known], targets[known])

    out.mkdir(parents=True, exist_ok=True)
    tensors = {
        "scene_rows": rows[1000:].half(),
        "scene_bias": bias[1000:].half(),
        "names": classes.names.half(),
        "projection": classes.projection.half(),
        "centre": classes.centre.half(),
        "words": stored,
        "word_scales": scales.half(),
        "visible": torch.tensor([round(255 * entry.visible) for entry in entries], dtype=torch.uint8),
    } | stored_composer(composer)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, out / "model.safetensors")
    (out / "words.txt").write_text("".join(",".join(entry.forms) + "\n" for entry in entries))
    log.info("%d words and names", len(entries))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder of the photos-*.tar.gz archives")
    parser.add_argument(
        "--wordnet", type=Path, default=Path("/usr/share/wordnet"), help="WordNet's dict folder"
    )
    parser.add_argument(
        "--work", type=Path, required=True, help="keeps what was worked out, for the next time"
    )
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    make(arguments.photos, arguments.wordnet, arguments.work, arguments.out)


if __name__ == "__main__":
    main()
