"""The sample gallery: 128 pictures drawn by our own code, searched when no photos can be had."""

from collections.abc import Callable
from pathlib import Path
from random import Random

from aggregate_service.sample_gallery import (
    cats,
    fishes,
    flowers,
    landscapes,
    outdoors,
    snowmen,
    still_life,
    travel,
    umbrellas,
)
from aggregate_service.sample_gallery.canvas import Canvas

PER_FAMILY = 8
SAMPLE_BYTES = 4_500_000
"""About the size of all pictures together."""
FAMILIES: dict[str, Callable[[Canvas, int], None]] = {
    "balloon": travel.balloon,
    "car": travel.car,
    "cat": cats.cat,
    "city": outdoors.city,
    "clock": still_life.clock,
    "fish": fishes.fish,
    "flower": flowers.flower,
    "forest": landscapes.forest,
    "fruit": still_life.fruit,
    "house": outdoors.house,
    "mountain": landscapes.mountain,
    "planet": travel.planet,
    "sailboat": outdoors.sailboat,
    "snowman": snowmen.snowman,
    "sunset": landscapes.sunset,
    "umbrella": umbrellas.umbrella,
}
_PORTRAIT = (3, 6)


def draw_sample_gallery(folder: Path, progress: Callable[[int, int], None] | None = None) -> None:
    """Draw `family-01.jpg` … into `folder` (made if missing), the same bytes each time.

    `progress` is told (drawn so far, all) after each picture.
    """
    folder.mkdir(parents=True, exist_ok=True)
    total = len(FAMILIES) * PER_FAMILY
    for number in range(total):
        family, variant = list(FAMILIES)[number // PER_FAMILY], number % PER_FAMILY
        _draw(family, variant, folder / f"{family}-{variant + 1:02d}.jpg")
        if progress:
            progress(number + 1, total)


def _draw(family: str, variant: int, path: Path) -> None:
    width, height = (360, 480) if variant in _PORTRAIT else (480, 360)
    canvas = Canvas(width, height, Random(f"{family} {variant}"))  # noqa: S311 - a brush, not a secret
    FAMILIES[family](canvas, variant)
    canvas.finished().save(path, "JPEG", quality=88, subsampling=0)
