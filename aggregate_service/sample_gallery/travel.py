"""Sample gallery, what moves people: hot-air balloons, cars, and the planets they dream of."""

import math

import numpy as np
from PIL import Image

from aggregate_service.sample_gallery.canvas import FINE, Canvas, Point, ellipse, mix, smooth, spread

_MORNINGS = [
    ("#6fb7e8", "#fdf1d8", "#7a9a5a", ["#e63946", "#ffd23f"]),
    ("#f4a98a", "#fdebc8", "#a0785a", ["#2a6fb8", "#f4f1e8"]),
    ("#8fc8e8", "#f4f6ee", "#8aa86a", ["#ff9f1c", "#2ec4b6"]),
    ("#b8a0d8", "#fbdcc8", "#8a6a7a", ["#7b2d8e", "#ffb5a7"]),
    ("#4f98d8", "#dff0f8", "#5a8a6a", ["#ffffff", "#e63946"]),
    ("#f2c48a", "#fff3dc", "#b08a5a", ["#118ab2", "#ef476f"]),
    ("#7ac0d8", "#fbf4e0", "#9a9a5a", ["#06a77d", "#f1f7b5"]),
    ("#9ab8e0", "#fde2d4", "#7a7a8a", ["#d62828", "#fcbf49"]),
]


def balloon(c: Canvas, variant: int) -> None:
    """Striped hot-air balloons over morning hills."""
    high, low, land, stripes = _MORNINGS[variant]
    c.gradient(high, low, bottom=c.height * 0.92)
    c.clouds("#ffffff", c.height * 0.8, 0.42, across=3)
    for hill in range(3):
        top = c.height * (0.8 + 0.065 * hill)
        ridge = [(c.width * s / 5, top + c.rng.uniform(-16, 10)) for s in range(-1, 7)]
        shade = mix(low, land, 0.45 + 0.27 * hill)
        c.shape([*smooth(ridge, closed=False), (999, c.height), (-99, c.height)], mix(shade, low, 0.3), shade)
    many = (1, 3, 2, 5, 1, 7, 3, 1)[variant]
    for nth in range(many):
        r = min(c.width, c.height) * (0.27 if many == 1 else (0.065 + 0.13 * (nth + 1) / many))
        x = c.width * (c.rng.uniform(0.4, 0.6) if many == 1 else spread(nth, many)[0])
        y = c.height * (0.38 if many == 1 else c.rng.uniform(0.2, 0.5))
        pair = (
            stripes if nth % 2 == 0 else [mix(stripes[1], "#303050", 0.15), mix(stripes[0], "#ffffff", 0.35)]
        )
        _envelope(c, x, y, r, pair, mix(low, land, 0.2), far=0.5 * (1 - (nth + 1) / many))


def _envelope(c: Canvas, x: float, y: float, r: float, stripes: list[str], air: str, far: float) -> None:
    gores = 12
    mouth = y + r * 1.5
    for nth in range(gores):
        left, right = (math.sin(math.pi * (edge / gores - 0.5)) for edge in (nth, nth + 1))
        face = max(0.0, math.cos(math.pi * ((nth + 0.5) / gores - 0.38)))
        shade = mix(mix("#181838", stripes[nth % 2], 0.45 + 0.55 * face), air, far)
        outline = [*_seam(x, y, r, left), *reversed(_seam(x, y, r, right))]
        c.shape(outline, mix(shade, "#ffffff", 0.22), shade, mix(shade, "#201830", 0.25))
    c.glow(x - r * 0.35, y - r * 0.45, r * 0.6, "#ffffff", 0.3)
    basket, dark = r * 0.13, mix("#5a3a24", air, far)
    for side in (-1, 1):
        c.line([(x + side * r * 0.2, mouth), (x + side * basket, mouth + r * 0.32)], dark, max(0.5, r / 90))
    c.rect(x - basket, mouth + r * 0.3, x + basket, mouth + r * 0.52, mix("#a87848", air, far), dark)


def _seam(x: float, y: float, r: float, side: float) -> list[Point]:
    """One meridian of the envelope: a round crown that tapers to the mouth."""
    crown = [math.radians(115) * step / 14 for step in range(15)]
    seam = [(x + side * r * math.sin(a), y - r * math.cos(a)) for a in crown]
    return [*seam, (x + side * r * 0.55, y + r * 1.05), (x + side * r * 0.22, y + r * 1.5)]


_PAINTS = ["#d62828", "#2a6fb8", "#f4b942", "#2a9d8f", "#e9e4da", "#6a4c93", "#f3722c", "#33415c"]
_ROADS = ["#cfe4f0", "#f6e3c8", "#dfe8d4", "#f4d0c4", "#bcd4e8", "#e8e2ee", "#d4ece8", "#fbe8b8"]


def car(c: Canvas, variant: int) -> None:
    """A parked or passing car, seen from its side, in town or country."""
    paint, air = _PAINTS[variant], _ROADS[variant]
    road = c.height * (0.7 if variant % 2 else 0.74)
    c.gradient(mix(air, "#6aa0d0", 0.45), air, bottom=road)
    (_facades if variant % 2 else _hills)(c, road, air)
    c.soften(1.6)
    c.gradient("#8a8d94", "#54575e", top=road)
    c.rect(0, road, c.width, road + 7, "#cfccc4", "#a8a59c")
    for dash in range(-1, 6):
        x = dash * c.width / 4.5 + variant * 11
        c.shape(
            [
                (x, c.height * 0.93),
                (x + 50, c.height * 0.93),
                (x + 44, c.height * 0.955),
                (x - 8, c.height * 0.955),
            ],
            "#efeadc",
        )
    half = c.width * (0.36, 0.4, 0.3, 0.42, 0.34, 0.38, 0.27, 0.4)[variant]
    _body(c, c.width * c.rng.uniform(0.46, 0.54), road + c.height * 0.13, half, paint, variant)


def _facades(c: Canvas, road: float, air: str) -> None:
    x = -10.0
    while x < c.width:
        width, rise = c.rng.uniform(60, 110), c.height * c.rng.uniform(0.35, 0.62)
        wall = mix(c.rng.choice(["#d8a48f", "#c9ada7", "#e6ccb2", "#a8b8b0", "#b7a8c0", "#ddb892"]), air, 0.3)
        c.rect(x, road - rise, x + width, road, mix(wall, "#ffffff", 0.2), wall)
        for row in range(int(rise / 34)):
            for column in range(int(width / 28)):
                wx, wy = x + 10 + column * 27, road - rise + 12 + row * 34
                c.rect(wx, wy, wx + 14, wy + 20, mix("#5f7a90", air, 0.35), mix("#8fa8b8", air, 0.4))
        x += width


def _hills(c: Canvas, road: float, air: str) -> None:
    c.clouds("#ffffff", road * 0.8, 0.45, across=3)
    for layer in range(3):
        ridge = [(c.width * s / 4, road - 70 + 26 * layer + c.rng.uniform(-18, 14)) for s in range(-1, 6)]
        shade = mix(air, "#5a8a4a", 0.4 + 0.25 * layer)
        c.shape(
            [*smooth(ridge, closed=False), (999, road + 4), (-99, road + 4)],
            mix(shade, "#f0f0c0", 0.25),
            shade,
        )
    for _ in range(7):
        x, r = c.rng.uniform(0, c.width), c.rng.uniform(10, 20)
        c.disc(x, road - r * 0.8, r, mix("#3f6f3a", air, 0.15), "#2f5a30", volume=0.4)


def _body(c: Canvas, x: float, foot: float, half: float, paint: str, variant: int) -> None:
    dark = mix(paint, "#0a0a18", 0.45)
    roof = 0.62 if variant % 3 else 0.74
    outline: list[Point] = [
        (-1, -0.14),
        (-0.99, -0.32),
        (-0.8, -0.42),
        (-0.52, -0.45),
        (0.44, -0.45),
        (0.8, -0.38),
    ]
    sill: list[Point] = [(0.98, -0.29), (1, -0.14), (0.9, -0.09), (-0.92, -0.09)]
    cabin: list[Point] = [(-0.66, -0.42), (-0.42, -roof), (-0.1, -roof - 0.06), (0.18, -roof), (0.52, -0.42)]

    def at(points: list[Point]) -> list[Point]:
        return [(x + px * half, foot + py * half) for px, py in points]

    c.glow(x, foot, half * 1.25, "#101018", 0.85, ry=half * 0.16)
    c.shape(
        [*smooth(at(cabin), closed=False), *at([(0.5, -0.36), (-0.6, -0.36)])],
        mix(paint, "#ffffff", 0.35),
        paint,
        volume=0.3,
    )
    glass = [(-0.54, -0.43), (-0.37, -roof + 0.07), (-0.1, -roof + 0.02), (-0.1, -0.43)]
    c.shape(at(glass), "#dcecf4", "#5f7f96")
    c.shape(
        at([(-0.05, -0.43), (-0.05, -roof + 0.02), (0.15, -roof + 0.07), (0.38, -0.43)]), "#dcecf4", "#5f7f96"
    )
    c.shape(smooth(at([*outline, *sill])), mix(paint, "#ffffff", 0.3), paint, dark, volume=0.45)
    c.line(at([(-0.08, -0.42), (-0.1, -0.14)]), dark, half / 130)
    c.rect(
        x - half * 0.02, foot - half * 0.36, x + half * 0.07, foot - half * 0.34, mix(dark, "#ffffff", 0.5)
    )
    c.shape(ellipse(x + half * 0.93, foot - half * 0.29, half * 0.06, half * 0.045), "#fffbe0", "#ffe08a")
    c.rect(x - half * 0.99, foot - half * 0.33, x - half * 0.93, foot - half * 0.25, "#e63030", "#8a1818")
    for wheel in (-0.6, 0.6):
        _wheel(c, x + wheel * half, foot - half * 0.1, half * 0.185)


def _wheel(c: Canvas, x: float, y: float, r: float) -> None:
    c.disc(x, y, r * 1.12, "#15151c")
    c.disc(x, y, r, "#3a3a42", "#1a1a20", volume=0.4)
    c.disc(x, y, r * 0.6, "#e8e8ec", "#9a9aa4", volume=0.5)
    for spoke in range(5):
        angle = spoke * math.tau / 5 + 0.3
        c.line([(x, y), (x + math.cos(angle) * r * 0.52, y + math.sin(angle) * r * 0.52)], "#6a6a74", r * 0.1)
    c.disc(x, y, r * 0.14, "#55555e")


_WORLDS = [
    (["#c88b5a", "#f0d2a0", "#a8623c", "#e8b884"], True),
    (["#1f4fa8", "#2f7a4a", "#d8d0a0", "#eef4f8"], False),
    (["#b8452a", "#d87a4a", "#8a2f1f", "#e8a070"], False),
    (["#e0c890", "#f6e8c0", "#c0a468", "#ecd8a4"], True),
    (["#3a6fd0", "#6fa8f0", "#2a4aa0", "#a8d0ff"], False),
    (["#8a8a92", "#b8b8be", "#5f5f68", "#d4d4d8"], False),
    (["#58b8b0", "#a8e4d8", "#3a8a90", "#d8f4ec"], True),
    (["#7a4a9a", "#c08ad0", "#4a2a6a", "#e8c0ec"], True),
]


def planet(c: Canvas, variant: int) -> None:
    """A banded or clouded world among stars, some with rings, some with moons."""
    colours, ringed = _WORLDS[variant]
    c.gradient("#05060f", "#0b0d1f", "#080612")
    c.veil(np.clip(c.noise(3, 3, 4) - 0.5, 0, 1) * 0.6, mix(colours[0], "#301a60", 0.6))
    for _ in range(150):
        star = c.rng.choice(["#ffffff", "#cfe0ff", "#ffe8c8"])
        c.disc(
            c.rng.uniform(0, c.width), c.rng.uniform(0, c.height), c.rng.uniform(0.25, 1.0) ** 2 * 1.3, star
        )
    r = min(c.width, c.height) * (0.3, 0.36, 0.26, 0.22, 0.4, 0.3, 0.24, 0.28)[variant]
    x, y = c.width * c.rng.uniform(0.4, 0.6), c.height * c.rng.uniform(0.42, 0.58)
    tilt = c.rng.uniform(-0.45, 0.45)
    c.glow(x, y, r * 1.5, colours[1], 0.4)
    if ringed:
        _ring(c, x, y, r, tilt, colours, front=False)
    _globe(c, x, y, r, tilt, colours, banded=ringed or variant == 4)
    if ringed:
        _ring(c, x, y, r, tilt, colours, front=True)
    for moon in range((variant + 1) % 3):
        angle = c.rng.uniform(0, math.tau)
        mx, my = x + math.cos(angle) * r * 1.6, y + math.sin(angle) * r * 1.25
        _globe(
            c, mx, my, r * (0.12 + 0.05 * moon), 0, ["#a8a4a0", "#d8d4cc", "#7a7672", "#c0bcb4"], banded=False
        )


def _globe(c: Canvas, x: float, y: float, r: float, tilt: float, colours: list[str], *, banded: bool) -> None:
    size = max(8, round(2 * r * FINE))
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    across, down = np.meshgrid(axis, axis)
    depth = np.sqrt(np.clip(1 - across**2 - down**2, 0, 1))
    along = down * math.cos(tilt) - across * math.sin(tilt)
    surface = np.asarray(Image.fromarray(c.noise(5, 3 if banded else 5, 4)).resize((size, size)), np.float32)
    level = np.sin(along * 9 + surface * 2.2) * 0.5 + 0.5 if banded else np.clip(surface * 1.7 - 0.35, 0, 1)
    stops = np.array([tuple(bytes.fromhex(colour[1:])) for colour in colours], np.float32)
    at = np.linspace(0, 1, len(stops))
    paint = np.stack([np.interp(level, at, stops[:, band]) for band in range(3)], axis=-1)
    light = np.clip(-0.55 * across - 0.45 * down + 0.7 * depth, 0.04, 1) ** 0.9
    rim = np.clip(1 - depth, 0, 1) ** 3 * 60 * light
    mask = Image.fromarray((np.clip((1 - np.hypot(across, down)) * r * 1.5, 0, 1) * 255).astype(np.uint8))
    globe = Image.fromarray(np.clip(paint * light[..., None] + rim[..., None], 0, 255).astype(np.uint8))
    c.image.paste(globe, (round((x - r) * FINE), round((y - r) * FINE)), mask)


def _ring(c: Canvas, x: float, y: float, r: float, tilt: float, colours: list[str], *, front: bool) -> None:
    start = 0.0 if front else math.pi
    for band in range(7):
        reach = r * (1.4 + band * 0.09)
        arc = [start + math.pi * step / 60 for step in range(61)]
        cos, sin = math.cos(tilt), math.sin(tilt)
        flat = [(math.cos(a) * reach, math.sin(a) * reach * 0.24) for a in arc]
        points = [(x + px * cos - py * sin, y + px * sin + py * cos) for px, py in flat]
        c.line(points, mix(colours[band % 4], "#1a1420", 0.2 + 0.1 * (band % 3)), r * 0.06)
