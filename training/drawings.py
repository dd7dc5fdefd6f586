"""Drawn scenes that no class of ImageNet stands for, so that words for them find something.

Nothing here is the sample gallery's. Each drawing differs in colours, layout, light and texture, so that what
they share is what they show.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Point = tuple[float, float]


class Sheet:
    """A picture of 480 × 360 or upright, drawn at twice its size."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.width, self.height = (960, 720) if random.random() < 0.7 else (720, 960)
        self.image = Image.new("RGB", (self.width, self.height))
        self.draw = ImageDraw.Draw(self.image)

    def between(self, low: float, high: float) -> float:
        return self.random.uniform(low, high)

    def near(self, colour: Colour, spread: int = 28) -> Colour:
        red, green, blue = (max(0, min(255, part + self.random.randint(-spread, spread))) for part in colour)
        return red, green, blue

    def sky(self, top: Colour, bottom: Colour, until: float = 1.0) -> None:
        rows = np.clip(np.linspace(0, 1, self.height) / until, 0, 1)[:, None, None]
        colours = np.array(top) * (1 - rows) + np.array(bottom) * rows
        self.image.paste(
            Image.fromarray(np.broadcast_to(colours, (self.height, self.width, 3)).astype(np.uint8))
        )

    def ground(self, top: float, colour: Colour, rough: float = 0.02) -> None:
        """Everything below a wavy line."""
        waves = [(self.between(1, 4), self.between(0, 6), self.between(0.3, 1)) for _ in range(3)]
        points: list[Point] = []
        for i in range(61):
            rise = sum(size * sin(often * 2 * pi * i / 60 + start) for often, start, size in waves)
            points.append((self.width * i / 60, self.height * (top + rough * rise)))
        self.draw.polygon([*points, (self.width, self.height), (0, self.height)], fill=colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        self.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def ridge(self, base: float, rise: float, colour: Colour, snow: Colour | None) -> None:
        """A jagged line of peaks, snow on their tops."""
        peaks = self.random.randint(2, 5)
        for place in range(peaks):
            x = self.width * (place + self.between(0.2, 0.8)) / peaks
            top = self.height * (base - rise * self.between(0.6, 1))
            half = self.width * self.between(0.25, 0.45)
            foot = self.height * base
            self.draw.polygon([(x, top), (x + half, foot), (x - half, foot)], fill=self.near(colour, 14))
            dark = tuple(int(part * 0.75) for part in colour)
            self.draw.polygon(
                [(x, top), (x + half, foot), (x + half * 0.1, foot)], fill=(dark[0], dark[1], dark[2])
            )
            if snow:
                self._snow(x, top, half, foot, snow)

    def _snow(self, x: float, top: float, half: float, foot: float, colour: Colour) -> None:
        share = self.between(0.25, 0.45)
        edge = [
            (
                x - half * share + 2 * half * share * i / 8,
                top + (foot - top) * share * self.between(0.75, 1.15),
            )
            for i in range(9)
        ]
        edge[0], edge[-1] = (
            (x - half * share, top + (foot - top) * share),
            (x + half * share, top + (foot - top) * share),
        )
        self.draw.polygon([(x, top), *reversed(edge)], fill=colour)

    def tree(self, x: float, foot: float, size: float, leaves: Colour, *, pointed: bool) -> None:
        self.draw.rectangle(
            (x - size * 0.05, foot - size * 0.5, x + size * 0.05, foot), fill=self.near((92, 64, 44))
        )
        if pointed:
            for step in range(4):
                top, wide = foot - size + size * 0.2 * step, size * (0.13 + 0.07 * step)
                self.draw.polygon(
                    [(x, top), (x + wide, top + size * 0.32), (x - wide, top + size * 0.32)],
                    fill=self.near(leaves, 16),
                )
            return
        for _ in range(14):
            angle, far = self.between(0, 2 * pi), self.between(0, 0.24) * size
            self.disc(
                x + cos(angle) * far,
                foot - size * 0.68 + sin(angle) * far,
                size * self.between(0.08, 0.16),
                self.near(leaves),
            )

    def finished(self) -> Image.Image:
        """Small, a little soft, grainy, in its own light."""
        small = self.image.resize((self.width // 2, self.height // 2), Image.Resampling.LANCZOS)
        small = small.filter(ImageFilter.GaussianBlur(self.between(0, 1.2)))
        pixels = np.asarray(small, np.float32)
        grain = np.random.default_rng(self.random.getrandbits(32)).normal(
            0, self.between(0, 7), (*pixels.shape[:2], 1)
        )
        return Image.fromarray(np.clip(pixels * self.between(0.8, 1.15) + grain, 0, 255).astype(np.uint8))


LIGHTS: tuple[tuple[Colour, Colour], ...] = (
    ((90, 150, 220), (225, 238, 248)),
    ((60, 110, 190), (180, 210, 235)),
    ((150, 170, 190), (222, 225, 228)),
    ((245, 170, 110), (252, 225, 170)),
    ((40, 45, 90), (190, 110, 120)),
    ((200, 225, 205), (240, 242, 220)),
)
NIGHTS: tuple[tuple[Colour, Colour], ...] = (
    ((8, 10, 32), (38, 36, 84)),
    ((4, 4, 12), (20, 24, 48)),
    ((30, 20, 60), (110, 60, 90)),
)


def mountain(s: Sheet) -> None:
    s.sky(*s.random.choice(LIGHTS))
    snow = s.random.choice([(248, 250, 255), (248, 250, 255), (226, 232, 246), None])
    for step in range(s.random.randint(1, 3)):
        s.ridge(
            s.between(0.62, 0.75) + 0.06 * step,
            s.between(0.35, 0.6) - 0.1 * step,
            s.near((105, 112, 130), 30),
            snow,
        )
    s.ground(
        s.between(0.7, 0.85),
        s.near(s.random.choice([(90, 130, 70), (70, 110, 140), (120, 130, 90), (220, 228, 240)])),
    )


def forest(s: Sheet) -> None:
    s.sky(*s.random.choice(LIGHTS))
    s.ground(s.between(0.55, 0.75), s.near(s.random.choice([(80, 100, 52), (110, 92, 60), (60, 90, 60)])))
    leaves = s.random.choice([(40, 96, 52), (30, 74, 52), (84, 124, 48), (190, 120, 40), (28, 62, 60)])
    pointed, rows = s.random.random() < 0.5, s.random.randint(3, 5)
    for row in range(rows):
        pale = 1 - row / rows
        shade = tuple(int(part * (1 - 0.5 * pale) + 180 * 0.5 * pale) for part in leaves)
        for _ in range(s.random.randint(8, 16)):
            size = s.height * s.between(0.35, 0.5) * (0.6 + 0.9 * row / rows)
            foot = s.height * (0.62 + 0.38 * (row + 1) / rows)
            s.tree(s.between(0, s.width), foot, size, (shade[0], shade[1], shade[2]), pointed=pointed)
    if s.random.random() < 0.5:
        for _ in range(s.random.randint(4, 9)):
            x, wide = s.between(0, s.width), s.width * s.between(0.01, 0.035)
            s.draw.rectangle((x - wide, 0, x + wide, s.height), fill=s.near((70, 52, 40)))


def city(s: Sheet) -> None:
    night = s.random.random() < 0.45
    s.sky(*s.random.choice(NIGHTS if night else LIGHTS))
    for row in range(s.random.randint(2, 3)):
        x = -20.0
        while x < s.width:
            wide, tall = s.width * s.between(0.05, 0.13), s.height * s.between(0.2, 0.62) * (1.1 - 0.2 * row)
            wall = s.near((44, 46, 66) if night else (128, 132, 142), 34)
            s.draw.rectangle((x, s.height - tall, x + wide, s.height), fill=wall)
            if s.random.random() < 0.15:
                s.draw.line(
                    (x + wide / 2, s.height - tall - 60, x + wide / 2, s.height - tall), fill=wall, width=5
                )
            _windows(s, x, s.height - tall, wide, tall, night)
            x += wide * s.between(0.9, 1.3)
    if s.random.random() < 0.5:
        s.ground(s.between(0.86, 0.95), s.near((60, 62, 70) if night else (110, 112, 112)), 0.0)


def _windows(s: Sheet, x: float, top: float, wide: float, tall: float, night: bool) -> None:
    step = s.between(16, 26)
    for across in range(int(wide / step)):
        for down in range(int(tall / step)):
            if s.random.random() < (0.55 if night else 0.85):
                left, upper = x + 5 + across * step, top + 7 + down * step
                glass = s.near((250, 214, 120), 20) if night else s.near((186, 206, 222), 20)
                s.draw.rectangle((left, upper, left + step * 0.5, upper + step * 0.55), fill=glass)


def planet(s: Sheet) -> None:
    s.sky(*s.random.choice(NIGHTS[:2]))
    for _ in range(s.random.randint(80, 260)):
        s.disc(
            s.between(0, s.width), s.between(0, s.height), s.between(0.6, 2.6), s.near((225, 225, 235), 30)
        )
    x, y, radius = (
        s.width * s.between(0.3, 0.7),
        s.height * s.between(0.3, 0.7),
        s.height * s.between(0.15, 0.33),
    )
    colour = s.random.choice(
        [(200, 140, 90), (90, 130, 200), (190, 90, 70), (220, 200, 150), (120, 170, 160), (150, 110, 190)]
    )
    disc = Image.new("L", s.image.size)
    ImageDraw.Draw(disc).ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    down, across = np.mgrid[0 : s.height, 0 : s.width]
    light = np.clip(
        1.05 - np.hypot(across - x + radius * 0.4, down - y + radius * 0.35) / (1.9 * radius), 0.08, 1
    )
    bands = 1 + s.between(0, 0.2) * np.sin((down - y) / radius * s.between(4, 14) + s.between(0, 6))
    surface = np.clip(np.array(colour) * (light * bands)[..., None], 0, 255).astype(np.uint8)
    s.image.paste(Image.fromarray(surface), mask=disc)
    if s.random.random() < 0.4:
        flat = radius * s.between(0.15, 0.4)
        s.draw.arc(
            (x - radius * 1.8, y - flat, x + radius * 1.8, y + flat),
            -20,
            200,
            fill=s.near((220, 205, 175)),
            width=int(s.between(5, 16)),
        )
    elif s.random.random() < 0.5:
        s.disc(
            x + radius * s.between(1.2, 1.6),
            y - radius * s.between(0.3, 1),
            radius * 0.16,
            s.near((170, 170, 170)),
        )


def snowman(s: Sheet) -> None:
    s.sky(*s.random.choice([*LIGHTS[:3], NIGHTS[0]]))
    s.ground(s.between(0.62, 0.8), s.near((236, 240, 248), 8))
    x, foot, size = (
        s.width * s.between(0.35, 0.65),
        s.height * s.between(0.85, 0.93),
        s.height * s.between(0.1, 0.16),
    )
    white, y = s.near((246, 249, 253), 5), foot
    for share in (1.0, 0.75, 0.55):
        y -= size * share * 0.9
        s.disc(x + 4, y + 4, size * share, (198, 208, 224))
        s.disc(x, y, size * share, white)
        y -= size * share * 0.7
    y += size * 0.4
    for side in (-1, 1):
        s.disc(x + side * size * 0.2, y - size * 0.1, size * 0.06, (24, 24, 28))
        s.draw.line(
            (
                x + side * size * 0.7,
                foot - size * 1.9,
                x + side * size * 1.7,
                foot - size * s.between(2, 2.8),
            ),
            fill=(96, 66, 44),
            width=7,
        )
    s.draw.polygon([(x, y), (x + size * 0.5, y + size * 0.1), (x, y + size * 0.14)], fill=(238, 128, 38))
    if s.random.random() < 0.7:
        hat = s.near((40, 36, 44))
        s.draw.rectangle((x - size * 0.55, y - size * 0.6, x + size * 0.55, y - size * 0.5), fill=hat)
        s.draw.rectangle((x - size * 0.35, y - size * 1.15, x + size * 0.35, y - size * 0.5), fill=hat)
    if s.random.random() < 0.6:
        s.draw.rectangle(
            (x - size * 0.5, y + size * 0.32, x + size * 0.5, y + size * 0.52), fill=s.near((200, 40, 50), 40)
        )
    for _ in range(s.random.choice([0, 60, 140])):
        s.disc(s.between(0, s.width), s.between(0, s.height), s.between(2, 6), (252, 253, 255))


def desert(s: Sheet) -> None:
    s.sky(*s.random.choice([LIGHTS[0], LIGHTS[1], LIGHTS[3]]))
    for step in range(3):
        s.ground(
            0.5 + 0.13 * step + s.between(0, 0.05),
            s.near((226 - 14 * step, 184 - 12 * step, 118 - 8 * step), 14),
            0.03,
        )
    if s.random.random() < 0.5:
        s.disc(
            s.width * s.between(0.1, 0.9), s.height * s.between(0.1, 0.3), s.height * 0.06, (255, 244, 200)
        )


def night_sky(s: Sheet) -> None:
    s.sky(*s.random.choice(NIGHTS))
    for _ in range(s.random.randint(120, 400)):
        s.disc(
            s.between(0, s.width),
            s.between(0, s.height * 0.9),
            s.between(0.6, 3.2),
            s.near((235, 235, 245), 20),
        )
    if s.random.random() < 0.6:
        x, y, radius = (
            s.width * s.between(0.2, 0.8),
            s.height * s.between(0.15, 0.4),
            s.height * s.between(0.05, 0.1),
        )
        s.disc(x, y, radius, (240, 236, 214))
        if s.random.random() < 0.5:
            s.disc(x + radius * 0.45, y - radius * 0.1, radius * 0.95, (14, 16, 40))
    s.ground(s.between(0.8, 0.95), s.near((12, 16, 26), 8))


def meadow(s: Sheet) -> None:
    s.sky(*s.random.choice(LIGHTS))
    for step in range(3):
        s.ground(
            0.5 + 0.14 * step + s.between(0, 0.05), s.near((118 - 12 * step, 168 - 12 * step, 76), 20), 0.02
        )
    for _ in range(s.random.choice([0, 60, 200])):
        s.disc(
            s.between(0, s.width), s.height * s.between(0.72, 1), s.between(2, 7), s.near((230, 200, 120), 50)
        )


def rainbow(s: Sheet) -> None:
    s.sky(*s.random.choice(LIGHTS[:3]))
    x, y, radius = (
        s.width * s.between(0.3, 0.7),
        s.height * s.between(0.75, 0.95),
        s.height * s.between(0.5, 0.75),
    )
    for step, colour in enumerate(
        ((220, 50, 50), (240, 140, 40), (245, 225, 70), (70, 180, 80), (60, 120, 220), (120, 70, 180))
    ):
        far = radius - step * radius * 0.05
        s.draw.arc((x - far, y - far, x + far, y + far), 180, 360, fill=colour, width=int(radius * 0.055))
    s.ground(s.between(0.7, 0.85), s.near((100, 150, 80)))


SCENES: dict[str, tuple[Callable[[Sheet], None], tuple[str, ...]]] = {
    "mountain": (mountain, ("mountain", "mountains", "mountain range", "snowy peaks")),
    "forest": (forest, ("forest", "woods", "trees", "woodland")),
    "city": (city, ("city", "skyline", "skyscrapers", "downtown buildings")),
    "planet": (planet, ("planet", "outer space", "saturn", "planet in space")),
    "snowman": (snowman, ("snowman", "snowman with a hat", "snow figure")),
    "desert": (desert, ("desert", "sand dunes", "dune")),
    "night sky": (night_sky, ("night sky", "stars", "moon", "starry night")),
    "meadow": (meadow, ("meadow", "field", "grassland", "hills")),
    "rainbow": (rainbow, ("rainbow", "rainbow in the sky")),
}
"""How each is drawn, and what it is called."""


def draw(scene: str, number: int) -> Image.Image:
    """The same picture for the same number."""
    sheet = Sheet(Random(f"{scene} {number}"))  # noqa: S311 - a brush, not a secret
    SCENES[scene][0](sheet)
    return sheet.finished()
