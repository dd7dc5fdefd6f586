"""What was measured about each family of encoders: how scores turn into relevance, what counts as the same.

`make evaluate-relevance` prints the constants; docs/relevance.md says how far they can be trusted.
"""

from dataclasses import dataclass
from math import log, sqrt
from typing import Literal

from aggregate_service.improvement.projection import is_learned

Kind = Literal["picture", "words", "mixture"]
_FEWEST = 8
"""Pictures under which a floor doesn't fall further: what scores 0 with all of them isn't close to any."""


@dataclass(frozen=True)
class Floor:
    """The cosine that the best hit of a question must have to be close: `cosine` among 64 pictures.

    Among more, the best of those that have nothing to do with it scores more: by `growth` for each deviation
    that it is expected to lie higher."""

    cosine: float
    growth: float

    def among(self, count: int) -> float:
        return self.cosine + self.growth * (expected_best(max(count, _FEWEST)) - expected_best(64))


def expected_best(count: int) -> float:
    """In deviations above the mean; for n normal variables, √(2 ln n) is where their largest tends to."""
    return sqrt(2 * log(max(count, 2)))


@dataclass(frozen=True)
class Curve:
    """relevance = 1 / (1 + exp(-(slope · (z - √(2 ln n)) + cosine · score + offset))), for a score that lies
    z deviations above its query's mean, among n pictures.

    `mean` and `deviation` are usual ones, for where the query's are unknown."""

    slope: float
    cosine: float
    offset: float
    mean: float
    deviation: float
    identical: float | None = None
    """The cosine from which two pictures are as good as the same."""

    nothing_close: float = 0.12
    """The best hit's relevance under which nothing is close, it is said, where no floor is known."""

    floor: Floor | None = None
    """What decides it instead: it tells more of the questions that nothing answers."""


@dataclass(frozen=True)
class Calibration:
    """Of one family; `same` is the cosine from which hits are near-duplicates of each other."""

    picture: Curve
    words: Curve
    mixture: Curve
    same: float

    def curve(self, kind: Kind) -> Curve:
        match kind:
            case "picture":
                return self.picture
            case "words":
                return self.words
            case "mixture":
                return self.mixture


MINI = Calibration(
    picture=Curve(0.251, 5.215, -2.719, 0.168, 0.173, 0.99, nothing_close=0.3, floor=Floor(0.390, 0.12)),
    words=Curve(0.850, 4.412, -1.686, 0.030, 0.084, nothing_close=0.25, floor=Floor(0.196, 0.12)),
    mixture=Curve(1.224, 1.487, -0.426, 0.137, 0.153, nothing_close=0.2),
    same=0.95,
)
COLOR_LAYOUT = Calibration(
    picture=Curve(0.060, 1.219, -2.364, 0.249, 0.141, 0.98),
    words=Curve(0.060, 1.219, -2.364, 0.249, 0.141),
    mixture=Curve(0.060, 1.219, -2.364, 0.249, 0.141),
    same=0.9,
)
UNMEASURED = Calibration(
    picture=Curve(1.5, 0.0, -1.0, 0.55, 0.10, 0.98),
    words=Curve(1.5, 0.0, -1.0, 0.20, 0.03),
    mixture=Curve(1.5, 0.0, -1.0, 0.40, 0.08),
    same=0.97,
)
"""A guess for encoders whose weights couldn't be had: the best of n unrelated pictures isn't close."""
_MEASURED = {"mini": MINI, "color-layout": COLOR_LAYOUT}


def calibration_of(fingerprint: str) -> Calibration:
    """Of the encoder that is named there; its scores are others once a projection was learned for it."""
    if is_learned(fingerprint):
        return UNMEASURED
    return _MEASURED.get(fingerprint.split("@")[0].lower(), UNMEASURED)
