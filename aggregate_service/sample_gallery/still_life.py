"""Sample gallery: fruit on a table, clocks on a wall."""

import math

from aggregate_service.sample_gallery.canvas import Canvas, Point, ellipse, mix, smooth, turned

_CLOTHS = ["#e8dcc8", "#4a6a7a", "#d8b8a8", "#6a7a5a", "#f0e4d0", "#3a4048", "#c8d4d0", "#8a5a4a"]
_HARVESTS = [
    ["apple-red"],
    ["orange", "orange", "orange"],
    ["pear", "apple-green"],
    ["apple-red", "orange", "pear", "plum"],
    ["banana"],
    ["cherry", "cherry", "cherry", "cherry", "cherry"],
    ["apple-green", "apple-red", "apple-green", "apple-red", "apple-green"],
    ["plum", "banana", "orange"],
]
_SKINS = {
    "apple-red": ("#d8282f", "#f07a3a"),
    "apple-green": ("#8ab83a", "#d8e070"),
    "orange": ("#f4850f", "#ffb03a"),
    "pear": ("#c8c03a", "#ece48a"),
    "plum": ("#5a2a6a", "#9a5aa0"),
    "cherry": ("#a80f2a", "#e03a4a"),
    "banana": ("#f4c820", "#fff08a"),
}


def fruit(c: Canvas, variant: int) -> None:
    """Still life: fruit on a table."""
    cloth, harvest = _CLOTHS[variant], _HARVESTS[variant]
    table = c.height * 0.58
    c.gradient(mix(cloth, "#20242c", 0.25), mix(cloth, "#ffffff", 0.25), bottom=table)
    c.glow(c.width * 0.25, c.height * 0.2, c.width * 0.6, mix(cloth, "#fff8e8", 0.7), 0.6)
    wood = mix("#a8744a", cloth, 0.35)
    c.gradient(mix(wood, "#ffffff", 0.2), mix(wood, "#2a1810", 0.25), top=table)
    c.ripples(table, mix(wood, "#4a2a18", 0.6), 0.5)
    many = len(harvest)
    r = c.height * (0.24 if many == 1 else 0.2 if many < 4 else 0.15)
    r = min(r, c.width * 0.94 / (1.72 * many + 0.3))
    for nth, kind in enumerate(harvest):
        x = c.width / 2 + (nth - (many - 1) / 2) * r * 1.72 + c.rng.uniform(-0.1, 0.1) * r
        foot = c.height * (0.8 + 0.05 * (nth % 2)) + c.rng.uniform(-4, 4)
        _place(c, kind, x, foot, r * c.rng.uniform(0.92, 1.08))


def _place(c: Canvas, kind: str, x: float, foot: float, r: float) -> None:
    skin, light = _SKINS[kind]
    c.glow(x + r * 0.35, foot - r * 0.05, r * 1.5, "#1a0e08", 0.75, ry=r * 0.32)
    if kind == "banana":
        _bananas(c, x, foot, r * 1.15, skin, light)
        return
    if kind == "cherry":
        r *= 0.78
    y = foot - r
    if kind == "pear":
        half = [
            (x, y - r * 1.2),
            (x + r * 0.42, y - r * 1.0),
            (x + r * 0.55, y - r * 0.35),
            (x + r * 0.92, y + r * 0.35),
            (x + r * 0.5, y + r * 0.95),
        ]
        c.shape(
            smooth([*half, (x, y + r), *[(2 * x - px, py) for px, py in reversed(half[1:])]]),
            light,
            skin,
            mix(skin, "#5a3a10", 0.3),
            volume=0.6,
        )
    elif kind.startswith("apple"):
        half = [
            (x, y - r * 0.72),
            (x + r * 0.45, y - r * 0.95),
            (x + r * 1.02, y - r * 0.3),
            (x + r * 0.82, y + r * 0.6),
            (x + r * 0.35, y + r),
            (x, y + r * 0.9),
        ]
        c.shape(
            smooth([*half, *[(2 * x - px, py) for px, py in reversed(half[1:5])]]),
            light,
            skin,
            mix(skin, "#300818", 0.3),
            volume=0.6,
        )
    else:
        c.disc(x, y, r, light, skin, mix(skin, "#300818", 0.25), volume=0.65)
    c.glow(x - r * 0.35, y - r * 0.4, r * 0.5, "#ffffff", 0.55)
    _stalk(c, kind, x, y, r)


def _stalk(c: Canvas, kind: str, x: float, y: float, r: float) -> None:
    if kind == "orange":
        for nth in range(90):
            angle, out = nth * 2.39996, r * 0.94 * math.sqrt(nth / 90)
            c.disc(x + math.cos(angle) * out, y + math.sin(angle) * out, r * 0.011, "#ec8418")
        c.disc(x + r * 0.1, y - r * 0.7, r * 0.07, "#6a8a3a", "#4a5a2a")
        return
    top = y - r * {"pear": 1.15, "cherry": 0.9}.get(kind, 0.72)
    long = 1.5 if kind == "cherry" else 0.42
    end = (x + r * 0.18 * long, top - r * long)
    c.line(smooth([(x, top), (x + r * 0.02, top - r * long * 0.5), end], closed=False), "#5a3a20", r * 0.06)
    if kind in ("apple-red", "apple-green", "cherry", "pear"):
        leaf = [
            end,
            (end[0] + r * 0.32, end[1] - r * 0.26),
            (end[0] + r * 0.75, end[1] - r * 0.12),
            (end[0] + r * 0.35, end[1] + r * 0.1),
        ]
        c.shape(smooth(leaf), "#9ac85a", "#4a8a3a", volume=0.4)


def _bananas(c: Canvas, x: float, foot: float, r: float, skin: str, light: str) -> None:
    for nth in range(3):
        lift = r * 0.24 * (2 - nth)
        outer: list[Point] = [(-1.15, -0.95), (-0.85, -0.3), (-0.2, 0.0), (0.6, -0.15), (1.15, -0.7)]
        inner: list[Point] = [(1.05, -0.85), (0.5, -0.5), (-0.1, -0.42), (-0.6, -0.6), (-0.98, -1.05)]
        points = [(x + px * r, foot + py * r - lift) for px, py in [*outer, *inner]]
        shade = mix(skin, "#8a6a10", 0.1 * (2 - nth))
        c.shape(smooth(points), light, shade, mix(shade, "#7a5208", 0.35), volume=0.5)
        c.disc(x + 1.1 * r, foot - 0.77 * r - lift, r * 0.08, "#5a4018")
    c.shape(
        [
            (x - r * 1.2, foot - r * 1.5),
            (x - r * 1.02, foot - r * 1.55),
            (x - r * 0.94, foot - r * 0.95),
            (x - r * 1.14, foot - r * 0.9),
        ],
        "#8a8a30",
        "#6a5a20",
    )


_DIALS = [
    ("#fbf7ec", "#7a4a2a", "#c8d8d8"),
    ("#22262e", "#c8a050", "#8a9a8a"),
    ("#f4f6f8", "#d62828", "#f0d8b8"),
    ("#e8f0e4", "#2a6f6a", "#d8b0a0"),
    ("#fff4d0", "#22304a", "#5a7a9a"),
    ("#f8f8f8", "#8a8f98", "#e8c868"),
    ("#1f3a4a", "#e8e0d0", "#b87a5a"),
    ("#f8e4e0", "#a83a5a", "#9aa8c8"),
]


def clock(c: Canvas, variant: int) -> None:
    """Wall clocks and alarm clocks, each at another hour."""
    dial, rim, wall = _DIALS[variant]
    c.gradient(mix(wall, "#ffffff", 0.25), mix(wall, "#202028", 0.12))
    if variant % 3 == 0:
        for stripe in range(0, c.width, 34):
            c.rect(stripe, 0, stripe + 15, c.height, mix(wall, "#ffffff", 0.28), mix(wall, "#ffffff", 0.08))
    c.glow(c.width * 0.2, c.height * 0.1, c.width * 0.7, "#fff8e8", 0.4)
    r = min(c.width, c.height) * (0.36, 0.3, 0.4, 0.27, 0.33, 0.25, 0.38, 0.28)[variant]
    x, y = c.width * c.rng.uniform(0.42, 0.58), c.height * c.rng.uniform(0.46, 0.52)
    if variant in (3, 5, 7):
        _alarm(c, x, y, r, rim, wall)
    c.glow(x + r * 0.18, y + r * 0.25, r * 1.45, "#14141c", 0.6)
    c.disc(x, y, r * 1.12, mix(rim, "#ffffff", 0.35), rim, mix(rim, "#0a0a10", 0.4), volume=0.5)
    c.disc(x, y, r * 0.97, mix(rim, "#0a0a10", 0.5))
    c.disc(x, y, r * 0.94, mix(dial, "#ffffff", 0.2), dial)
    ink = "#f4ead0" if int(dial[1:3], 16) < 90 else "#2a2a32"
    _face(c, x, y, r, ink, rim if variant % 2 == 0 else "#d62828", dots=variant in (2, 5, 6))
    c.glow(x - r * 0.35, y - r * 0.5, r * 0.7, "#ffffff", 0.22)


def _alarm(c: Canvas, x: float, y: float, r: float, rim: str, wall: str) -> None:
    shelf = y + r * 1.42
    c.gradient(mix(wall, "#6a4a30", 0.55), mix(wall, "#2a1a10", 0.6), top=shelf)
    for side in (-1, 1):
        c.line(
            [(x + side * r * 0.6, y + r * 0.8), (x + side * r * 0.85, shelf + 3)],
            mix(rim, "#0a0a10", 0.35),
            r * 0.14,
        )
        bell = turned(
            ellipse(x + side * r * 0.68, y - r * 1.02, r * 0.46, r * 0.3),
            (x + side * r * 0.68, y - r * 1.02),
            side * 0.6,
        )
        c.shape(bell, mix(rim, "#ffffff", 0.5), rim, volume=0.6)
    c.rect(x - r * 0.05, y - r * 1.5, x + r * 0.05, y - r, mix(rim, "#0a0a10", 0.3))
    c.shape(ellipse(x, y - r * 1.5, r * 0.16, r * 0.09), mix(rim, "#ffffff", 0.3), rim)


def _face(c: Canvas, x: float, y: float, r: float, ink: str, second: str, *, dots: bool) -> None:
    for minute in range(60):
        angle, hour = minute * math.tau / 60, minute % 5 == 0
        sin, cos = math.sin(angle), -math.cos(angle)
        if hour and dots:
            c.disc(x + sin * r * 0.8, y + cos * r * 0.8, r * (0.05 if minute % 15 else 0.075), ink)
            continue
        inner = (0.68 if minute % 15 == 0 else 0.73) if hour else 0.83
        c.line(
            [(x + sin * r * inner, y + cos * r * inner), (x + sin * r * 0.87, y + cos * r * 0.87)],
            ink,
            r * (0.035 if hour else 0.01),
        )
    hours, minutes = c.rng.randint(0, 11), c.rng.randint(0, 59)
    for turn, length, width, colour in (
        ((hours + minutes / 60) / 12, 0.5, 0.075, ink),
        (minutes / 60, 0.74, 0.05, ink),
        (c.rng.random(), 0.8, 0.016, second),
    ):
        sin, cos = math.sin(turn * math.tau), -math.cos(turn * math.tau)
        start = (x - sin * r * 0.14, y - cos * r * 0.14)
        c.line([start, (x + sin * r * length, y + cos * r * length)], colour, r * width)
    c.disc(x, y, r * 0.06, second)
