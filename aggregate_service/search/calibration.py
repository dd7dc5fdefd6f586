"""What was measured about each family of encoders: how scores turn into relevance, what counts as the same.

`make evaluate-relevance` prints the constants; docs/relevance.md says how far they can be trusted.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["picture", "words", "mixture"]


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
    """The best hit's relevance under which nothing is close, it is said: as high as it may be while at
    most 1 in 20 questions with a right best hit are told so."""


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
    picture=Curve(0.435, 4.357, -2.098, 0.169, 0.173, 0.99, nothing_close=0.3),
    words=Curve(0.987, 3.149, -1.317, 0.032, 0.092, nothing_close=0.25),
    mixture=Curve(1.483, 0.141, 0.467, 0.138, 0.157, nothing_close=0.2),
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
    """Of the encoder that is named there."""
    return _MEASURED.get(fingerprint.split("@")[0].lower(), UNMEASURED)
