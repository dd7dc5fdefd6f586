"""The brush of the sample gallery: gradients, shaded shapes, glows, noise and grain on one picture."""

import math
from collections.abc import Sequence
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFilter

Point = tuple[float, float]
FINE = 2  # drawn at twice the size, then reduced: smooth edges


def mix(first: str, second: str, share: float) -> str:
    """The colour `share` of the way from `first` to `second`, as #rrggbb."""
    pairs = zip(ImageColor.getrgb(first)[:3], ImageColor.getrgb(second)[:3], strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def ellipse(x: float, y: float, rx: float, ry: float, turn: float = 0.0, steps: int = 48) -> list[Point]:
    """Points of an ellipse around (x, y), turned by `turn` radians."""
    around = [2 * math.pi * step / steps for step in range(steps)]
    return turned([(x + rx * math.cos(a), y + ry * math.sin(a)) for a in around], (x, y), turn)


def turned(points: Sequence[Point], centre: Point, angle: float) -> list[Point]:
    (cx, cy), sin, cos = centre, math.sin(angle), math.cos(angle)
    return [(cx + (x - cx) * cos - (y - cy) * sin, cy + (x - cx) * sin + (y - cy) * cos) for x, y in points]


def spread(nth: int, many: int) -> Point:
    """Where the `nth` of `many` things stands, as shares of width and height: a loose, even scatter."""
    if many <= 4:
        return (nth + 0.5) / many * 0.9 + 0.05, 0.5 + (0.12 if nth % 2 else -0.12) * (many > 1)
    return (nth * 0.618 + 0.22) % 0.84 + 0.08, (nth * 0.41 + 0.25) % 1


def smooth(points: Sequence[Point], *, closed: bool = True, steps: int = 10) -> list[Point]:
    """A Catmull-Rom curve through `points`."""
    count = len(points)
    curve: list[Point] = []
    for i in range(count if closed else count - 1):
        picks = [i - 1, i, i + 1, i + 2]
        a, b, c, d = (points[j % count if closed else min(max(j, 0), count - 1)] for j in picks)
        curve += [_between(a, b, c, d, step / steps) for step in range(steps)]
    return curve if closed else [*curve, points[-1]]


def _between(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    def axis(p: float, q: float, r: float, s: float) -> float:
        return 0.5 * (
            2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t**2 + (3 * q - p - 3 * r + s) * t**3
        )

    return axis(a[0], b[0], c[0], d[0]), axis(a[1], b[1], c[1], d[1])


def _radial_falloff(size: int = 192) -> Image.Image:
    axis = np.linspace(-1, 1, size)
    distance = np.hypot(axis[:, None], axis[None, :])
    return Image.fromarray((255 * np.clip(1 - distance, 0, 1) ** 1.8).astype(np.uint8))


_FALLOFF = _radial_falloff()


class Canvas:
    """One picture being drawn; coordinates are pixels of the finished picture, colours are #rrggbb."""

    def __init__(self, width: int, height: int, rng: Random) -> None:
        self.width, self.height, self.rng = width, height, rng
        self.image = Image.new("RGB", (width * FINE, height * FINE))
        self._noise = np.random.default_rng(rng.getrandbits(32))

    def gradient(self, *stops: str, top: float = 0.0, bottom: float | None = None) -> None:
        """Fill the band from `top` to `bottom` with the colours of `stops`, spread evenly."""
        y0, y1 = round(top * FINE), round((self.height if bottom is None else bottom) * FINE)
        if y1 > y0:
            self.image.paste(_ramp((self.image.width, y1 - y0), stops), (0, y0))

    def shape(self, points: Sequence[Point], *colours: str, volume: float = 0.0, blur: float = 0.0) -> None:
        """Fill a polygon with a vertical ramp of `colours`; `volume` lights it from the upper left."""
        pad = math.ceil(blur * 3) + 1
        x0 = max(math.floor(min(x for x, _ in points)) - pad, 0) * FINE
        y0 = max(math.floor(min(y for _, y in points)) - pad, 0) * FINE
        x1 = min(math.ceil(max(x for x, _ in points)) + pad, self.width) * FINE
        y1 = min(math.ceil(max(y for _, y in points)) + pad, self.height) * FINE
        if x1 <= x0 or y1 <= y0:
            return
        mask = Image.new("L", (x1 - x0, y1 - y0))
        ImageDraw.Draw(mask).polygon([(x * FINE - x0, y * FINE - y0) for x, y in points], fill=255)
        paint = _ramp(mask.size, colours)
        if volume:
            paint = _lit(paint, mask, volume)
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur * FINE))
        self.image.paste(paint, (x0, y0), mask)

    def disc(
        self, x: float, y: float, r: float, *colours: str, volume: float = 0.0, blur: float = 0.0
    ) -> None:
        self.shape(ellipse(x, y, r, r), *colours, volume=volume, blur=blur)

    def rect(
        self,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        *colours: str,
        volume: float = 0.0,
        blur: float = 0.0,
    ) -> None:
        self.shape([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], *colours, volume=volume, blur=blur)

    def line(self, points: Sequence[Point], colour: str, width: float) -> None:
        fine = [(x * FINE, y * FINE) for x, y in points]
        ImageDraw.Draw(self.image).line(fine, fill=colour, width=max(1, round(width * FINE)), joint="curve")

    def glow(
        self, x: float, y: float, rx: float, colour: str, strength: float = 0.6, ry: float | None = None
    ) -> None:
        """Lay a soft spot of `colour` (dark for a shadow) that fades to nothing at its rim."""
        size = max(2, round(2 * rx * FINE)), max(2, round(2 * (ry or rx) * FINE))
        mask = _FALLOFF.resize(size, Image.Resampling.BILINEAR).point(lambda value: value * strength)
        self.image.paste(colour, (round(x * FINE - size[0] / 2), round(y * FINE - size[1] / 2)), mask)

    def noise(self, across: int, down: int, octaves: int = 3) -> NDArray[np.float32]:
        """Smooth noise in 0..1, shape (120, 160): `across` by `down` cells, finer in each octave."""
        total = np.zeros((120, 160), np.float32)
        for octave in range(octaves):
            cells = self._noise.random((down * 2**octave + 1, across * 2**octave + 1), np.float32)
            layer = Image.fromarray(cells).resize((160, 120), Image.Resampling.BICUBIC)
            total += np.asarray(layer) / 2**octave
        low, high = float(total.min()), float(total.max())
        return (total - low) / (high - low)

    def veil(
        self, cover: NDArray[np.float32], colour: str, top: float = 0.0, bottom: float | None = None
    ) -> None:
        """Lay `colour` over the band, as opaque as `cover` (0..1, any shape) says."""
        y0, y1 = round(top * FINE), round((self.height if bottom is None else bottom) * FINE)
        mask = Image.fromarray((255 * np.clip(cover, 0, 1)).astype(np.uint8))
        mask = mask.resize((self.image.width, y1 - y0), Image.Resampling.BICUBIC)
        self.image.paste(colour, (0, y0), mask)

    def clouds(self, colour: str, bottom: float, amount: float = 0.5, across: int = 4) -> None:
        """Drifting clouds from the top edge down to `bottom`, thinning out downwards."""
        fade = np.linspace(1, 0.15, 120, dtype=np.float32)[:, None]
        cover = np.clip((self.noise(across, across, 4) - (1 - amount)) * 2.6, 0, 0.92)
        self.veil((cover * fade).astype(np.float32), colour, 0, bottom)

    def ripples(self, top: float, colour: str, strength: float = 0.4, bottom: float | None = None) -> None:
        """Long flat streaks, as on water seen from its edge."""
        cover = np.clip(self.noise(7, 40, 2) - 0.52, 0, 1) * 2.2 * strength
        self.veil(cover.astype(np.float32), colour, top, bottom)

    def soften(self, radius: float) -> None:
        """Blur all that is drawn so far: what comes after stands in front of it."""
        self.image = self.image.filter(ImageFilter.GaussianBlur(radius * FINE))

    def finished(self) -> Image.Image:
        """The picture at its own size, with a faint vignette and grain."""
        small = np.asarray(self.image.reduce(FINE), np.float32)
        across, down = np.linspace(-1, 1, self.width), np.linspace(-1, 1, self.height)
        edge = 1 - 0.13 * np.clip(np.hypot(down[:, None], across[None, :]) - 0.55, 0, None) ** 1.5
        grain = self._noise.normal(0, 2.2, (self.height, self.width, 1)).astype(np.float32)
        return Image.fromarray(np.clip(small * edge[..., None] + grain, 0, 255).astype(np.uint8))


def _ramp(size: tuple[int, int], colours: Sequence[str]) -> Image.Image:
    if len(colours) == 1:
        return Image.new("RGB", size, colours[0])
    stops = np.array([ImageColor.getrgb(colour)[:3] for colour in colours], np.float32)
    at = np.linspace(0, len(colours) - 1, size[1])
    column = np.stack([np.interp(at, range(len(colours)), stops[:, band]) for band in range(3)], axis=-1)
    return Image.fromarray(column.astype(np.uint8)[:, None, :]).resize(size)


def _lit(paint: Image.Image, mask: Image.Image, volume: float) -> Image.Image:
    """Emboss: the slope of the blurred mask says which side of the shape faces the light."""
    small = max(2, mask.width // 4), max(2, mask.height // 4)
    body = mask.resize(small, Image.Resampling.BILINEAR)
    reach = max(1.0, min(small) / 5)
    padded = Image.new("L", (small[0] + 2 * int(2 * reach), small[1] + 2 * int(2 * reach)))
    padded.paste(body, (int(2 * reach), int(2 * reach)))
    height = np.asarray(padded.filter(ImageFilter.GaussianBlur(reach)), np.float32) / 255
    slope = np.gradient(height)
    rise = (slope[0] * 0.8 + slope[1] * 0.6) * reach * 2.2 * volume
    cut = int(2 * reach)
    inner = Image.fromarray(rise[cut : cut + small[1], cut : cut + small[0]])
    light = np.asarray(inner.resize(mask.size, Image.Resampling.BICUBIC))[..., None]
    base = np.asarray(paint, np.float32)
    lit = np.where(light > 0, base + (255 - base) * light, base * (1 + light))
    return Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8))
