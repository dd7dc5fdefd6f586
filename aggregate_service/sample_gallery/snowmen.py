"""Sample gallery: snowmen by day and by night."""

import math

from aggregate_service.sample_gallery.canvas import Canvas, ellipse, mix, smooth

_WINTERS = [
    ("#9cc4e4", "#f0f6fa", "#d62828"),
    ("#2a3a6a", "#8a9ac8", "#f4b942"),
    ("#f2b8a0", "#fbeae0", "#2a6f8f"),
    ("#7ab0d8", "#e8f2f8", "#2a9d5f"),
    ("#3f4f7f", "#c8b0c8", "#e63970"),
    ("#b8d4e8", "#ffffff", "#6a4c93"),
    ("#1f2f55", "#5f7ab0", "#e8e4d8"),
    ("#a8c8d8", "#fdf4e4", "#f3722c"),
]


def snowman(c: Canvas, variant: int) -> None:
    """Snowmen with scarf and hat, by day and by night, in falling snow."""
    high, low, scarf = _WINTERS[variant]
    c.gradient(high, low, bottom=c.height * 0.75)
    for layer in range(3):
        ridge = [
            (c.width * s / 4, c.height * (0.6 + 0.1 * layer) + c.rng.uniform(-14, 10)) for s in range(-1, 6)
        ]
        snow = mix(mix(low, "#b8cce0", 0.4), mix("#fbfdff", high, 0.08), layer / 2)
        c.shape(
            [*smooth(ridge, closed=False), (999, c.height), (-99, c.height)],
            mix(snow, "#ffffff", 0.3),
            mix(snow, high, 0.22),
        )
        for _ in range(5 if layer < 2 else 0):
            _fir(
                c,
                c.rng.uniform(0, c.width),
                c.height * (0.62 + 0.1 * layer),
                c.rng.uniform(9, 16) * (1 + layer),
                mix("#2f5a50", low, 0.5 - 0.2 * layer),
            )
    many = (1, 1, 2, 1, 3, 1, 1, 2)[variant]
    for nth in range(many):
        r = c.height * (0.16 if many == 1 else 0.1 + 0.02 * nth) * c.rng.uniform(0.9, 1.1)
        x = c.width * (c.rng.uniform(0.4, 0.6) if many == 1 else (nth + 0.6) / (many + 0.2))
        _snowy(
            c,
            x,
            c.height * 0.9,
            min(r, c.width * 0.2),
            scarf if nth == 0 else mix(scarf, "#2a4fa0", 0.6),
            variant + nth,
        )
    for _ in range(110):
        c.disc(c.rng.uniform(0, c.width), c.rng.uniform(0, c.height), c.rng.uniform(0.6, 2.3), "#ffffff")


def _fir(c: Canvas, x: float, foot: float, half: float, colour: str) -> None:
    for skirt in range(3):
        width, y = half * (1 - skirt * 0.25), foot - half * 0.95 * skirt
        c.shape([(x, y - half * 1.4), (x + width, y), (x - width, y)], "#f4f8fc", colour, colour)


def _snowy(c: Canvas, x: float, foot: float, r: float, scarf: str, look: int) -> None:
    shade = ("#ffffff", "#d4e0ee")
    c.glow(x + r * 0.4, foot, r * 1.8, "#3a5070", 0.5, ry=r * 0.35)
    middle, head = foot - r * 2.05, foot - r * 3.2
    for side in (-1, 1):
        hand = (x + side * r * 1.75, middle - r * c.rng.uniform(0.2, 0.8))
        c.line([(x + side * r * 0.6, middle), hand], "#5a3d28", r * 0.07)
        c.line([hand, (hand[0] + side * r * 0.2, hand[1] - r * 0.25)], "#5a3d28", r * 0.05)
    c.disc(x, foot - r * 0.85, r, *shade, volume=0.6)
    c.disc(x, middle, r * 0.76, *shade, volume=0.6)
    c.disc(x, head, r * 0.56, *shade, volume=0.6)
    for nth in range(3):
        c.disc(x, middle - r * 0.15 + nth * r * 0.28, r * 0.06, "#2a2a30")
    c.shape(
        smooth(
            [
                (x - r * 0.52, head + r * 0.36),
                (x, head + r * 0.5),
                (x + r * 0.52, head + r * 0.36),
                (x + r * 0.5, head + r * 0.6),
                (x, head + r * 0.72),
                (x - r * 0.5, head + r * 0.6),
            ]
        ),
        mix(scarf, "#ffffff", 0.15),
        scarf,
        volume=0.4,
    )
    c.shape(
        [
            (x + r * 0.2, head + r * 0.55),
            (x + r * 0.48, head + r * 0.5),
            (x + r * 0.6, head + r * 1.3),
            (x + r * 0.32, head + r * 1.36),
        ],
        scarf,
        mix(scarf, "#101020", 0.25),
    )
    for side in (-1, 1):
        c.disc(x + side * r * 0.19, head - r * 0.1, r * 0.06, "#1c1c22")
    for nth in range(5):
        angle = math.pi * (0.22 + 0.14 * nth)
        c.disc(x + math.cos(angle) * r * 0.3, head + math.sin(angle) * r * 0.3, r * 0.03, "#1c1c22")
    point = x + r * (0.55 if look % 2 else -0.55)
    c.shape([(x, head - r * 0.04), (point, head + r * 0.1), (x, head + r * 0.12)], "#ff9a3c", "#e8701a")
    _hat(c, x, head - r * 0.42, r, scarf, tall=look % 3 != 1)


def _hat(c: Canvas, x: float, y: float, r: float, band: str, *, tall: bool) -> None:
    if tall:
        c.rect(x - r * 0.4, y - r * 0.7, x + r * 0.4, y, "#3a3a44", "#22222a", volume=0.3)
        c.rect(x - r * 0.4, y - r * 0.18, x + r * 0.4, y, band)
        c.shape(ellipse(x, y, r * 0.68, r * 0.1), "#30303a", "#1c1c24")
        return
    c.shape(
        [*ellipse(x, y + r * 0.08, r * 0.5, r * 0.62)[24:], (x + r * 0.5, y + r * 0.1)],
        mix(band, "#ffffff", 0.2),
        band,
        volume=0.4,
    )
    c.shape(ellipse(x, y + r * 0.08, r * 0.54, r * 0.12), mix(band, "#ffffff", 0.6), volume=0.3)
    c.disc(x, y - r * 0.58, r * 0.15, "#ffffff", "#d8dce4", volume=0.5)
