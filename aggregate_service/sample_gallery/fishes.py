"""Sample gallery: bright fish in blue water."""

import numpy as np

from aggregate_service.sample_gallery.canvas import Canvas, Point, mix, smooth, spread

_SCALES = [
    ("#ff7a1a", "#ffffff", "#0f6f9f"),
    ("#ffd23f", "#2a4fa0", "#1a8a9a"),
    ("#e63970", "#ffd0a0", "#14507f"),
    ("#58c8d8", "#f0f4c0", "#0a3f6a"),
    ("#f4a261", "#e76f51", "#2a8f7f"),
    ("#a8b8c8", "#e8eef2", "#1f5f8a"),
    ("#8a5fd0", "#ffd166", "#0c4a5f"),
    ("#3fb86a", "#f4f1a8", "#12647f"),
]


def fish(c: Canvas, variant: int) -> None:
    """Bright fish in blue water, alone or as a shoal."""
    body, stripe, water = _SCALES[variant]
    c.gradient(mix(water, "#d8f4f4", 0.55), water, mix(water, "#001020", 0.55))
    fade = np.linspace(0.6, 0, 120, dtype=np.float32)[:, None]
    c.veil((c.noise(5, 2, 2) ** 3 * fade).astype(np.float32), "#e8ffff", 0, c.height * 0.8)
    _seabed(c, water)
    many = (1, 3, 2, 7, 1, 12, 4, 2)[variant]
    facing = -1 if variant % 3 == 2 else 1
    for nth in range(many):
        size = c.width * (0.27 if many == 1 else 0.24 / many**0.55 + 0.025) * c.rng.uniform(0.85, 1.15)
        across, down = spread(nth, many)
        x, y = c.width * (0.1 + 0.8 * across), c.height * (0.14 + 0.6 * down)
        _swimmer(c, x, y, size, facing, mix(body, water, c.rng.uniform(0, 0.15)), stripe, variant % 4)
    for _ in range(14):
        x, y, r = c.rng.uniform(0, c.width), c.rng.uniform(0, c.height * 0.8), c.rng.uniform(1.5, 6)
        c.disc(x, y, r, mix(water, "#f0ffff", 0.6), mix(water, "#ffffff", 0.25), volume=0.5)


def _seabed(c: Canvas, water: str) -> None:
    sand = mix("#e8d4a0", water, 0.4)
    ridge = [(c.width * s / 4, c.height * 0.88 + c.rng.uniform(-12, 8)) for s in range(-1, 6)]
    c.shape([*smooth(ridge, closed=False), (999, c.height), (-99, c.height)], sand, mix(sand, water, 0.4))
    for _ in range(9):
        x, rise, sway = (
            c.rng.uniform(0, c.width),
            c.height * c.rng.uniform(0.12, 0.34),
            c.rng.uniform(-14, 14),
        )
        weed = c.rng.choice(["#2f8a5a", "#6a9a3a", "#b04a6a", "#d87a4a"])
        blade = [(x - 5, c.height), (x - 5 + sway, c.height - rise * 0.5), (x - sway * 0.5, c.height - rise)]
        c.shape(
            smooth([*blade, (x + 6 + sway, c.height - rise * 0.5), (x + 6, c.height)]),
            mix(weed, water, 0.25),
            mix(weed, water, 0.6),
        )


def _swimmer(
    c: Canvas, x: float, y: float, size: float, facing: int, body: str, stripe: str, pattern: int
) -> None:
    tall = size * (0.5, 0.62, 0.4, 0.34)[pattern]

    def at(points: list[Point]) -> list[Point]:
        return [(x + facing * px * size, y + py * tall) for px, py in points]

    fin = mix(body, stripe, 0.35)
    c.shape(
        smooth(at([(-0.8, 0), (-1.32, -0.8), (-1.18, 0), (-1.32, 0.8)])),
        mix(fin, "#ffffff", 0.2),
        fin,
        volume=0.3,
    )
    c.shape(
        smooth(at([(-0.45, -0.7), (-0.2, -1.42), (0.4, -1.1), (0.45, -0.6)])),
        mix(fin, "#ffffff", 0.25),
        fin,
        volume=0.3,
    )
    c.shape(smooth(at([(-0.35, 0.75), (-0.3, 1.25), (0.15, 0.85)])), fin, volume=0.3)
    c.shape(
        smooth(
            at(
                [
                    (-0.92, 0),
                    (-0.5, -0.72),
                    (0.25, -0.92),
                    (0.85, -0.4),
                    (1.02, 0.05),
                    (0.7, 0.6),
                    (0.1, 0.95),
                    (-0.5, 0.7),
                ]
            )
        ),
        mix(body, "#ffffff", 0.3),
        body,
        mix(body, "#101830", 0.15),
        volume=0.55,
    )
    for nth in range((3, 2, 0, 1)[pattern]):
        px, rise = 0.42 - nth * 0.5, (0.78, 0.84, 0.58)[nth]
        bow = smooth([(px, -rise), (px + 0.1, 0), (px, rise)], closed=False)
        c.shape(
            at([*bow, *reversed([(bx - 0.17, by) for bx, by in bow])]), mix(stripe, "#ffffff", 0.2), stripe
        )
    if pattern == 2:
        c.shape(
            smooth(at([(-0.85, 0), (0, 0.12), (0.8, 0.1), (0.55, 0.5), (0.05, 0.75), (-0.45, 0.5)])),
            mix(stripe, body, 0.35),
            blur=size / 60,
        )
    c.shape(
        smooth(at([(0.2, 0.12), (-0.15, 0.05), (-0.28, 0.5), (0.05, 0.42)])),
        mix(fin, "#ffffff", 0.2),
        fin,
        volume=0.4,
    )
    ex, ey = x + facing * size * 0.68, y - tall * 0.2
    c.disc(ex, ey, size * 0.09, "#ffffff", "#d8e4e8")
    c.disc(ex + facing * size * 0.015, ey, size * 0.055, "#101018")
    c.disc(ex - size * 0.015, ey - size * 0.025, size * 0.018, "#ffffff")
