"""Why a picture was found: a red corner explains a search for red."""

import asyncio
import io

import numpy as np
from PIL import Image

from aggregate_service.search.why import CELLS, GRID, scores, windows
from picture_files.reader import PictureLimits
from tests.aggregate_service.conftest import World
from tests.aggregate_service.fakes import colour_vector

LIMITS = PictureLimits(50_000_000, 16_384)


def picture(size: tuple[int, int]) -> io.BytesIO:
    """Blue, with its lower right quarter red."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (size[0] // 2, size[1] // 2, *size))
    file = io.BytesIO()
    image.save(file, "PNG")
    file.seek(0)
    return file


def test_the_part_that_fits_is_the_brightest(world: World) -> None:
    parts = windows(picture((400, 300)), LIMITS)
    rows = np.array(asyncio.run(scores(world.embedding_client(), parts, colour_vector((255, 0, 0)), None)))
    assert rows.shape == (CELLS, CELLS)
    assert (rows[-1, -1], rows[0, 0]) == (1.0, 0.0)
    assert (np.diff(rows[-1]) >= 0).all()


def test_what_fits_is_bright_where_it_is(world: World) -> None:
    image = Image.new("RGB", (300, 300), "blue")
    image.paste("red", (165, 75, 225, 135))  # a fifth of each side; its middle is at 0.65, 0.35
    file = io.BytesIO()
    image.save(file, "PNG")
    file.seek(0)
    parts = windows(file, LIMITS)
    rows = np.array(asyncio.run(scores(world.embedding_client(), parts, colour_vector((255, 0, 0)), None)))
    assert rows[int(0.35 * CELLS), int(0.65 * CELLS)] > 0.9
    assert rows[int(0.8 * CELLS) :, : int(0.2 * CELLS)].max() < 0.05


def test_a_picture_of_one_colour_has_no_best_part(world: World) -> None:
    file = io.BytesIO()
    Image.new("RGB", (50, 50), "blue").save(file, "PNG")
    parts = windows(file, LIMITS)
    rows = asyncio.run(scores(world.embedding_client(), parts, colour_vector((255, 0, 0)), None))
    assert rows == [[0.0] * CELLS] * CELLS


def test_an_encoder_whose_cosines_lie_close_together_has_a_best_part_too(world: World) -> None:
    """As CLIP's with texts: what the picture's parts have in common is nearly all of each vector."""
    parts = windows(picture((400, 300)), LIMITS)
    query = 0.005 * colour_vector((255, 0, 0))
    rows = np.array(asyncio.run(scores(world.embedding_client(), parts, query, None)))
    assert (rows[-1, -1], rows[0, 0]) == (1.0, 0.0)


def test_a_tiny_picture_has_windows_too() -> None:
    assert len(windows(picture((2, 2)), LIMITS)) == GRID * GRID
