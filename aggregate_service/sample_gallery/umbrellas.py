"""Sample gallery: open umbrellas in the rain."""

import math

from aggregate_service.sample_gallery.canvas import Canvas, Point, mix, smooth, turned

_RAINS = [
    ("#8a9aa8", ["#d62828", "#b01f24"]),
    ("#6a7a94", ["#ffd23f", "#f4b400"]),
    ("#a8b0b4", ["#2a6fb8", "#f4f4f0"]),
    ("#5f6f7a", ["#e63970", "#ffb0c8", "#7ad0c0"]),
    ("#98a4b8", ["#2a9d5f", "#1f7a4a"]),
    ("#b4b8bc", ["#e63946", "#f4a261", "#ffd23f", "#2a9d8f", "#3a6fd0", "#7a4fc0"]),
    ("#4f5a70", ["#f4f4f0", "#d8d8dc"]),
    ("#8fa0a0", ["#f3722c", "#f9844a", "#fdf0d8"]),
]


def umbrella(c: Canvas, variant: int) -> None:
    """Open umbrellas in the rain above a wet street."""
    air, panels = _RAINS[variant]
    street = c.height * 0.74
    c.gradient(mix(air, "#20242c", 0.35), mix(air, "#ffffff", 0.35), bottom=street)
    for _ in range(13):
        spot = c.rng.choice(["#ffe0a0", "#ffd0c0", "#c8e0ff", mix(air, "#ffffff", 0.6)])
        c.glow(c.rng.uniform(0, c.width), c.rng.uniform(0, street), c.rng.uniform(18, 46), spot, 0.42)
    c.gradient(mix(air, "#ffffff", 0.18), mix(air, "#14181f", 0.5), top=street)
    c.ripples(street, "#e8eef4", 0.5)
    c.soften(1.4)
    many = (1, 1, 2, 4, 1, 1, 3, 2)[variant]
    for nth in range(many):
        r = min(c.width, c.height) * (0.4 if many == 1 else 0.19 + 0.03 * nth)
        x = c.width * (c.rng.uniform(0.46, 0.54) if many == 1 else (nth + 0.62) / (many + 0.24))
        y = c.height * (0.5 if many == 1 else 0.36 + 0.12 * (nth % 2) + 0.05 * nth)
        cloth = [
            mix(panel, "#ffffff" if nth % 2 else panel, 0.3)
            for panel in panels[nth % len(panels) :] + panels[: nth % len(panels)]
        ]
        c.glow(x, c.height * 0.93, r * 0.9, cloth[0], 0.55, ry=r * 0.16)
        _canopy(c, x, y, r, cloth, c.rng.uniform(-0.22, 0.22))
    for _ in range(130):
        x, y, drop = c.rng.uniform(0, c.width), c.rng.uniform(-10, c.height), c.rng.uniform(6, 15)
        c.line([(x, y), (x - drop * 0.22, y + drop)], mix(air, "#ffffff", c.rng.uniform(0.4, 0.8)), 0.7)


def _canopy(c: Canvas, x: float, y: float, r: float, cloth: list[str], tilt: float) -> None:
    def at(points: list[Point]) -> list[Point]:
        return turned([(x + px * r, y + py * r) for px, py in points], (x, y), tilt)

    c.line(at([(0, -0.9), (0, 0.72)]), "#4a4038", r * 0.035)
    crook = [(0.0, 0.7), (0.01, 0.86), (0.1, 0.93), (0.19, 0.86), (0.19, 0.78)]
    c.line(smooth(at(crook), closed=False), "#6a4426", r * 0.06)
    ribs = [math.sin(math.pi * (nth / 6 - 0.5)) for nth in range(7)]
    for nth in range(6):
        left, right = ribs[nth], ribs[nth + 1]
        face = 0.5 + 0.5 * math.cos(math.pi * ((nth + 0.5) / 6 - 0.36))
        shade = mix(mix("#12121f", cloth[nth % len(cloth)], 0.55), cloth[nth % len(cloth)], face)
        hem = [(left + (right - left) * t / 6, -0.07 - 0.09 * math.sin(math.pi * t / 6)) for t in range(7)]
        outline = [*reversed(_rib(left)), *hem, *_rib(right)]
        c.shape(at(outline), mix(shade, "#ffffff", 0.3), shade)
    c.glow(*at([(-0.3, -0.55)])[0], r * 0.42, "#ffffff", 0.25)
    c.line(at([(0, -0.84), (0, -0.98)]), "#3a322c", r * 0.03)


def _rib(side: float) -> list[Point]:
    """One rib from the hem up to the tip."""
    return [(side * math.cos(t * math.pi / 20), -0.07 - 0.78 * math.sin(t * math.pi / 20)) for t in range(11)]
