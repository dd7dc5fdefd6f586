"""Sample gallery: blossoms close up or by the dozen."""

import math

from aggregate_service.sample_gallery.canvas import Canvas, ellipse, mix, smooth, spread

_PETALS = [
    ("#e63970", "#ffd23f", "#3f7a3a"),
    ("#ffffff", "#f4b400", "#5a9a4a"),
    ("#f4a300", "#5a3010", "#4a7a2a"),
    ("#7a4fc0", "#ffe066", "#2f6a4a"),
    ("#d62828", "#2a1018", "#4f7f3f"),
    ("#f7a8c0", "#fff0c0", "#6aa05a"),
    ("#3f78d8", "#fff4b0", "#3a6a5a"),
    ("#ff7a4a", "#ffe8a0", "#5f8a3a"),
]


def flower(c: Canvas, variant: int) -> None:
    """Blossoms close up or by the dozen, before a blurred garden."""
    petal, heart, leaf = _PETALS[variant]
    c.gradient(mix(leaf, "#f4f8d8", 0.65), mix(leaf, "#e0ecc0", 0.2), mix(leaf, "#0a2010", 0.35))
    for _ in range(16):
        spot = mix(c.rng.choice([petal, leaf, "#f8f4d0"]), leaf, 0.3)
        c.glow(c.rng.uniform(0, c.width), c.rng.uniform(0, c.height), c.rng.uniform(25, 75), spot, 0.5)
    many = (1, 5, 1, 9, 3, 7, 2, 4)[variant]
    c.soften(2)
    for nth in range(many):
        r = (
            min(c.width, c.height)
            * (0.34 if many == 1 else 0.27 / math.sqrt(many) + 0.07)
            * c.rng.uniform(0.85, 1.1)
        )
        across, down = spread(nth, many)
        x = c.width * (c.rng.uniform(0.44, 0.56) if many == 1 else 0.08 + 0.84 * across)
        y = c.height * (0.42 if many == 1 else 0.18 + 0.52 * down)
        _stem(c, x, y, r, leaf)
        tint = mix(petal, "#ffffff", c.rng.uniform(0, 0.22))
        _blossom(
            c, x, y, r, tint, heart, petals=(8, 14, 18, 6, 5, 6, 9, 12)[variant], wide=variant in (3, 4, 5)
        )


def _stem(c: Canvas, x: float, y: float, r: float, leaf: str) -> None:
    sway = c.rng.uniform(-0.3, 0.3) * r
    stalk = smooth([(x, y), (x + sway, y + r * 1.4), (x + sway * 0.4, c.height + 20)], closed=False)
    c.line(stalk, mix(leaf, "#0a2010", 0.2), r * 0.08)
    foot = y + r * c.rng.uniform(1.3, 1.7)
    for side in (-1, 1):
        blade = [
            (x + sway, foot),
            (x + sway + side * r * 0.4, foot - r * 0.35),
            (x + sway + side * r * 0.95, foot - r * 0.4),
        ]
        back = [(x + sway + side * r * 0.55, foot + r * 0.02)]
        c.shape(smooth([*blade, *back]), mix(leaf, "#e8f4b0", 0.3), mix(leaf, "#0a2010", 0.2), volume=0.4)


def _blossom(
    c: Canvas, x: float, y: float, r: float, petal: str, heart: str, *, petals: int, wide: bool
) -> None:
    c.glow(x + r * 0.1, y + r * 0.15, r * 1.25, "#10200c", 0.4)
    turn = c.rng.uniform(0, math.tau)
    breadth = r * (0.42 if wide else min(0.3, 2.1 / petals + 0.06))
    for ring in range(2):
        reach = r * (1 - 0.26 * ring)
        for nth in range(petals):
            angle = turn + (nth + 0.5 * ring) * math.tau / petals
            cx, cy = x + math.cos(angle) * reach * 0.55, y + math.sin(angle) * reach * 0.55
            outline = ellipse(cx, cy, reach * 0.5, breadth * (1 - 0.2 * ring), angle, steps=24)
            shade = mix(mix(petal, heart, 0.12 * ring), "#2a1030", 0.16 * (math.sin(angle) * 0.5 + 0.5))
            c.shape(outline, mix(shade, "#ffffff", 0.22), shade, volume=0.4)
    c.disc(x, y, r * 0.26, mix(heart, "#ffffff", 0.2), mix(heart, "#3a1a08", 0.35), volume=0.5)
    for nth in range(34):
        angle, out = nth * 2.39996, r * 0.22 * math.sqrt(nth / 34)
        c.disc(x + math.cos(angle) * out, y + math.sin(angle) * out, r * 0.018, mix(heart, "#402008", 0.5))
