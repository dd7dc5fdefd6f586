"""Sample gallery, wide views: sunsets, mountains, forests, city skylines, planets."""

import math

import numpy as np

from aggregate_service.sample_gallery.canvas import Canvas, Point, ellipse, mix, smooth

_DUSK = [
    ("#2b1b52", "#c8476b", "#ffb35c"),
    ("#41295a", "#e0653f", "#ffd27a"),
    ("#0f2a55", "#8a4f8f", "#ff9a76"),
    ("#5a2a3c", "#f06b4f", "#ffe09a"),
    ("#1d3a5f", "#d98a6c", "#ffe3b0"),
    ("#3a1838", "#b83253", "#ff8f4a"),
    ("#26395c", "#f2907e", "#ffd9a8"),
    ("#4a1d3f", "#ff7a45", "#ffcf5c"),
]


def sunset(c: Canvas, variant: int) -> None:
    """The sun low over the sea."""
    high, middle, low = _DUSK[variant]
    horizon = c.height * c.rng.uniform(0.52, 0.68)
    c.gradient(high, middle, low, bottom=horizon)
    c.clouds(mix(low, "#ffffff", 0.25), horizon, 0.34 + 0.04 * (variant % 4), across=3)
    x = c.width * c.rng.uniform(0.25, 0.75)
    r = c.height * (0.06 + 0.018 * (variant % 5))
    y = horizon - r * c.rng.uniform(0.1, 1.3)
    c.glow(x, y, r * 5, mix(low, "#ffffff", 0.2), 0.75)
    c.disc(x, y, r, "#fffbe8", mix(low, "#ffffff", 0.35))
    c.gradient(mix(middle, low, 0.45), mix(high, middle, 0.35), mix(high, "#000010", 0.45), top=horizon)
    c.ripples(horizon, low, 0.4)
    _sun_road(c, x, horizon, r, mix(low, "#ffffff", 0.45))
    if variant % 3 == 0:
        _headland(c, horizon, mix(high, "#000000", 0.45), left=variant % 2 == 0)
    if variant % 2:
        _birds(c, c.width * (1 - x / c.width), horizon * 0.45, mix(high, "#000000", 0.4))


def _sun_road(c: Canvas, x: float, horizon: float, r: float, colour: str) -> None:
    depth = c.height - horizon
    for step in range(22):
        share = (step + 0.5) / 22
        half = r * (0.5 + share * 1.4) * c.rng.uniform(0.35, 1.0)
        y = horizon + depth * share**1.4
        at = x + c.rng.uniform(-0.35, 0.35) * r
        c.shape(ellipse(at, y, half, 0.8 + 2.4 * share, steps=20), mix(colour, "#ffffff", 0.25 * (1 - share)))


def _headland(c: Canvas, horizon: float, colour: str, *, left: bool) -> None:
    tip = c.width * c.rng.uniform(0.32, 0.5)
    rise = c.height * c.rng.uniform(0.1, 0.2)
    ridge: list[Point] = [
        (-30, horizon - rise),
        (tip * 0.4, horizon - rise * 0.75),
        (tip * 0.75, horizon - rise * 0.3),
    ]
    points = [*smooth([*ridge, (tip, horizon + 1)], closed=False), (-30, horizon + 2)]
    c.shape(points if left else [(c.width - px, py) for px, py in points], colour)


def _birds(c: Canvas, x: float, y: float, colour: str) -> None:
    for _ in range(c.rng.randint(3, 6)):
        bx, by, s = x + c.rng.uniform(-50, 50), y + c.rng.uniform(-25, 25), c.rng.uniform(4, 9)
        wing = [
            (bx - s, by - s * 0.4),
            (bx - s * 0.4, by - s * 0.55),
            (bx, by),
            (bx + s * 0.4, by - s * 0.55),
        ]
        c.line(smooth([*wing, (bx + s, by - s * 0.4)], closed=False), colour, 1.1)


_PEAKS = [
    ("#4f8fd0", "#dbeaf5", "#5b6f8f"),
    ("#6fa8d8", "#f3ead8", "#6d6a78"),
    ("#35558a", "#f0b9a0", "#54507a"),
    ("#7fb4d6", "#eef3f2", "#58788a"),
    ("#243a66", "#9fb4d4", "#34456a"),
    ("#8ab8d8", "#fbeed2", "#7a6658"),
    ("#5f86b8", "#e8d4dc", "#66618c"),
    ("#5aa0c8", "#e2f1ec", "#4a7078"),
]


def mountain(c: Canvas, variant: int) -> None:
    """Snowy peaks in ranges that pale with distance."""
    high, low, rock = _PEAKS[variant]
    c.gradient(high, low, bottom=c.height * 0.75)
    c.clouds("#ffffff", c.height * 0.55, 0.4, across=3)
    ranges = 3 + variant % 2
    for depth in range(ranges):
        near = depth / (ranges - 1)
        base = c.height * (0.45 + 0.28 * near)
        _range(
            c, base, c.height * (0.2 + 0.13 * (1 - near)), mix(low, rock, 0.3 + 0.7 * near), snow=near < 0.95
        )
        c.veil(_mist(0.35), low, base - 10, min(base + c.height * 0.22, c.height))
    ground = c.height * c.rng.uniform(0.78, 0.86)
    if variant % 3 == 1:
        c.gradient(mix(low, high, 0.4), mix(high, "#0a2030", 0.45), top=ground)
        c.ripples(ground, "#ffffff", 0.3)
    else:
        _meadow(c, ground, mix("#4f7a3c", rock, 0.15 + 0.1 * (variant % 3)))


def _mist(strength: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    column = strength * np.sin(np.linspace(0, math.pi, 40, dtype=np.float32))
    return np.repeat(column[:, None], 2, axis=1)


def _range(c: Canvas, base: float, rise: float, colour: str, *, snow: bool) -> None:
    x = -c.rng.uniform(20, 90)
    while x < c.width + 40:
        half, top = c.width * c.rng.uniform(0.14, 0.3), base - rise * c.rng.uniform(0.55, 1.25)
        _peak(c, x + half, top, half, base + c.height * 0.5, colour, snow=snow)
        x += half * c.rng.uniform(0.8, 1.4)


def _peak(c: Canvas, x: float, top: float, half: float, foot: float, colour: str, *, snow: bool) -> None:
    slope = (foot - top) / half / 2.4

    def side(sign: int, reach: float, steps: int) -> list[Point]:
        return [
            (
                x + sign * half * reach * s / steps + c.rng.uniform(-3, 3),
                top + half * reach * s / steps * slope,
            )
            for s in range(1, steps + 1)
        ]

    left, right = side(-1, 2.4, 9), side(1, 2.4, 9)
    c.shape([(x, top), *right, *reversed(left)], mix(colour, "#ffffff", 0.12), colour)
    spine = [(x + c.rng.uniform(-0.08, 0.16) * half * s, top + half * 0.45 * s * slope) for s in range(6)]
    c.shape([(x, top), *right, *reversed(spine)], mix(colour, "#101a38", 0.28), colour)
    if snow:
        depth = c.rng.uniform(0.28, 0.42)
        hem_left, hem_right = side(-1, depth, 3), side(1, depth, 3)
        teeth = [
            (x + half * depth * t, top + half * depth * slope * c.rng.uniform(0.6, 1.15))
            for t in (0.6, 0.25, -0.2, -0.6)
        ]
        c.shape([(x, top), *hem_right, *teeth, *reversed(hem_left)], "#fdfdff", "#e9eef7")
        middle = (x + half * 0.08, top + half * depth * slope * 0.8)
        c.shape([(x, top), *hem_right, teeth[0], teeth[1], middle], mix("#cfdaec", colour, 0.18))


def _meadow(c: Canvas, top: float, colour: str) -> None:
    ridge = [(c.width * s / 5, top + c.rng.uniform(-9, 9)) for s in range(-1, 7)]
    curve = smooth(ridge, closed=False)
    c.shape(
        [*curve, (c.width * 1.3, c.height), (-c.width * 0.3, c.height)], mix(colour, "#e8e6a0", 0.3), colour
    )
    for _ in range(c.rng.randint(5, 14)):
        x, s = c.rng.uniform(0, c.width), c.rng.uniform(9, 22)
        spruce(c, x, top + c.rng.uniform(4, c.height - top), s, mix(colour, "#0b2018", 0.65))


def spruce(c: Canvas, x: float, foot: float, half: float, colour: str) -> None:
    """A conifer of four skirts, twice as tall as its half width times two."""
    c.rect(x - half * 0.09, foot - half * 0.4, x + half * 0.09, foot, mix(colour, "#3a2414", 0.7))
    for skirt in range(4):
        width, y = half * (1 - skirt * 0.2), foot - half * (0.3 + skirt * 0.85)
        outline = [
            (x, y - half * 1.35),
            (x + width, y),
            (x + width * 0.4, y - half * 0.1),
            (x, y + half * 0.06),
        ]
        c.shape(
            [*outline, (x - width * 0.4, y - half * 0.1), (x - width, y)],
            mix(colour, "#cfe3b0", 0.18),
            colour,
        )


_WOODS = [
    ("#dfeadf", "#1f4a33", "spruce"),
    ("#f6e7c4", "#5c7a2c", "broad"),
    ("#f3d9b8", "#b5561f", "broad"),
    ("#cfe0e6", "#183c3c", "spruce"),
    ("#eef2c8", "#3f7a35", "birch"),
    ("#e3e7ef", "#2c4a5a", "spruce"),
    ("#fbe3a8", "#c98a1e", "birch"),
    ("#d5e8d0", "#2a5e2e", "broad"),
]


def forest(c: Canvas, variant: int) -> None:
    """Trunks and crowns in layers, the far ones lost in mist."""
    light, leaf, kind = _WOODS[variant]
    c.gradient(light, mix(light, leaf, 0.25))
    sun_x = c.width * c.rng.uniform(0.2, 0.8)
    c.glow(sun_x, c.height * 0.25, c.height * 0.7, "#fffdf0", 0.7)
    for layer in range(4):
        near = layer / 3
        colour = mix(mix(light, leaf, 0.3), mix(leaf, "#06120c", 0.35), near)
        foot = c.height * (0.62 + 0.3 * near)
        _floor(c, foot - 6, mix(light, mix(leaf, "#1a1408", 0.35), 0.25 + 0.6 * near))
        for _ in range(15 - 3 * layer):
            _tree(c, kind, c.rng.uniform(-10, c.width + 10), foot + c.rng.uniform(-8, 10), near, colour)
        if layer < 3:
            c.veil(_mist(0.4), light, foot - c.height * 0.25, foot + c.height * 0.08)
    _floor(c, c.height * 0.93, mix(leaf, "#0a1208", 0.5))
    _sunbeams(c, sun_x, light)


def _floor(c: Canvas, top: float, colour: str) -> None:
    ridge = [(c.width * s / 4, top + c.rng.uniform(-7, 7)) for s in range(-1, 6)]
    points = [*smooth(ridge, closed=False), (c.width * 1.3, c.height), (-99, c.height)]
    c.shape(points, mix(colour, "#fff8d8", 0.14), mix(colour, "#0a0f06", 0.12))


def _tree(c: Canvas, kind: str, x: float, foot: float, near: float, colour: str) -> None:
    size = c.height * (0.09 + 0.1 * near) * c.rng.uniform(0.75, 1.25)
    if kind == "spruce":
        spruce(c, x, foot, size * 0.75, colour)
        return
    trunk = "#efece2" if kind == "birch" else mix(colour, "#4a3018", 0.7)
    half = size * (0.05 if kind == "birch" else 0.1)
    c.rect(x - half, foot - size * 3.1, x + half, foot, mix(trunk, colour, 0.35), trunk)
    for nth in range(16):
        out, angle = size * 0.75 * math.sqrt((nth + 0.5) / 16), nth * 2.39996 + x
        cx, cy = x + math.cos(angle) * out, foot - size * 2.75 + math.sin(angle) * out * 1.15
        shade = mix(
            colour, "#fff2b8", 0.3 * (0.5 - math.sin(angle) * 0.5 * out / size / 0.75) * c.rng.uniform(0.4, 1)
        )
        c.disc(cx, cy, size * c.rng.uniform(0.2, 0.33), shade, mix(shade, "#08140c", 0.16))


def _sunbeams(c: Canvas, x: float, colour: str) -> None:
    rows, columns = np.mgrid[0:120, 0:160].astype(np.float32)
    angle = np.arctan2(columns / 160 - x / c.width, rows / 120 + 0.35)
    beams = np.clip(np.sin(angle * 34) - 0.35, 0, 1) * (1 - rows / 120) * 0.42
    c.veil(beams.astype(np.float32), mix(colour, "#ffffff", 0.6))
