"""Signed words with the encoder that is really bundled, over pictures that are really drawn."""

import io
import json
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from aggregate_service.config import Settings
from aggregate_service.sample_gallery import FAMILIES
from aggregate_service.sample_gallery.canvas import Canvas
from service_kit.arrays import NPY, to_npy
from tests.aggregate_service.conftest import World
from tests.aggregate_service.fakes import FakeEmbedding, FakeSearch

load = pytest.importorskip("embedding_service.encoders.load", reason="needs the embedding extra")
EACH = 4


class MiniEmbedding(FakeEmbedding):
    """The wire contract, with the bundled encoder behind it."""

    def __init__(self) -> None:
        from embedding_service.encoders.specs import BY_NAME

        super().__init__(fingerprint=BY_NAME["mini"].fingerprint)
        self._encoder = load.load_encoder(BY_NAME["mini"])

    async def _embed_form(self, form: FormData) -> Response:
        images = []
        for upload in form.getlist("files"):
            assert isinstance(upload, UploadFile)
            images.append(Image.open(io.BytesIO(await upload.read())).convert("RGB"))
        return self._answer(self._encoder.embed_images(images))

    async def embed_text(self, request: Request) -> Response:
        return self._answer(self._encoder.embed_texts((await request.json())["texts"]))

    def _answer(self, vectors: np.ndarray) -> Response:
        headers = {
            "X-Embedding-Model": "mini",
            "X-Embedding-Fingerprint": self.fingerprint,
            "X-Embedding-Errors": json.dumps([]),
        }
        return Response(to_npy(vectors.astype(np.float32)), media_type=NPY, headers=headers)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    state = tmp_path_factory.mktemp("mini")
    folder = state / "drawn"
    folder.mkdir()
    for family, draw in FAMILIES.items():
        for variant in range(EACH):
            canvas = Canvas(240, 180, Random(f"{family} {variant}"))
            draw(canvas, variant)
            canvas.finished().save(folder / f"{family}-{variant}.jpg")
    settings = Settings(
        _env_file=None,
        images_dir=folder,
        catalog_path=state / "catalog.db",
        images_path_file=state / "image_paths.json",
        thumbnails_dir=state / "thumbnails",
        uploads=str(state / "uploads"),
    )
    world = World(folder, settings, MiniEmbedding(), FakeSearch())
    world.index(label="Drawn", notice="")
    return world


def ranking(world: World, *texts: str) -> list[str]:
    """The paths of all pictures, best first."""
    with world.app() as client:
        answer = client.get("/search", params={"text": texts, "k": 1000})
    assert answer.status_code == 200, answer.text
    return [hit["path"] for hit in answer.json()["results"][0]["similar"]]


def mean_rank(order: list[str], paths: list[str]) -> float:
    return float(np.mean([order.index(path) for path in paths]))


@pytest.mark.parametrize("other", ["a snow landscape", "a fish", "a sports car"])
def test_words_that_are_taken_away_move_their_pictures_down(world: World, other: str) -> None:
    of_other = ranking(world, other)[:8]
    cats = ranking(world, "a cat")
    without = ranking(world, "a cat", f"{other}^-0.7")
    with_it = ranking(world, "a cat", f"{other}^0.7")
    assert sorted(without) == sorted(cats) == sorted(path.name for path in Path(world.folder).iterdir())
    assert mean_rank(without, of_other) > mean_rank(cats, of_other) > mean_rank(with_it, of_other)


def test_weights_of_a_ten_thousandth_change_nothing_and_great_ones_everything(world: World) -> None:
    assert ranking(world, "a cat", "a fish^0.0001")[:5] == ranking(world, "a cat")[:5]
    assert ranking(world, "a cat^0.001", "a fish^10")[:5] == ranking(world, "a fish")[:5]
