"""Sample gallery: cats, their faces or sitting."""

from aggregate_service.sample_gallery.canvas import Canvas, ellipse, mix, smooth, turned

_FURS = [
    ("#e08a3c", "#fbe4c0", "#6f9fb0", "#7ab04a"),
    ("#3a3a44", "#5a5a66", "#d8b08a", "#e8c83a"),
    ("#b8b4b0", "#f4f0ec", "#8a6f9a", "#5a9ad0"),
    ("#f2ede6", "#ffffff", "#5f8a7a", "#58a8e0"),
    ("#8a6a4a", "#e8d4b8", "#c86a5a", "#8ab83a"),
    ("#5f6a78", "#a8b4c0", "#e8c070", "#e0a030"),
    ("#d8a878", "#4a3428", "#7a98c0", "#4a90d8"),
    ("#a85a30", "#f8dcb8", "#9ab098", "#c8b03a"),
]


def cat(c: Canvas, variant: int) -> None:
    """A cat's face, or the whole cat sitting."""
    fur, pale, wall, eye = _FURS[variant]
    c.gradient(mix(wall, "#ffffff", 0.35), wall)
    for _ in range(6):
        c.glow(
            c.rng.uniform(0, c.width),
            c.rng.uniform(0, c.height),
            c.rng.uniform(70, 150),
            mix(wall, "#fff4dc", 0.6),
            0.4,
        )
    sitting = variant % 2 == 1
    r = min(c.width, c.height) * (0.2 if sitting else 0.34) * c.rng.uniform(0.95, 1.08)
    x, y = c.width * c.rng.uniform(0.42, 0.58), c.height * (0.36 if sitting else 0.5)
    floor = c.height * 0.84
    c.gradient(mix(wall, "#5a4030", 0.5), mix(wall, "#3a2820", 0.65), top=floor)
    c.glow(x, floor + r * 0.4, r * 2.2, "#181014", 0.6, ry=r * 0.5)
    if sitting:
        _sit(c, x, y, r, floor, fur, pale)
    else:
        chest = [
            (x - r * 0.75, y + r * 0.5),
            (x - r * 1.25, c.height + 40),
            (x + r * 1.25, c.height + 40),
            (x + r * 0.75, y + r * 0.5),
        ]
        c.shape(smooth(chest), fur, mix(fur, "#140c10", 0.25), volume=0.4)
    _face(c, x, y, r, fur, pale, eye, striped=variant in (0, 2, 4, 7))


def _sit(c: Canvas, x: float, y: float, r: float, floor: float, fur: str, pale: str) -> None:
    foot = floor + r * 0.42
    tail = [
        (x + r * 0.9, foot - r * 0.35),
        (x + r * 1.9, foot - r * 0.3),
        (x + r * 2.05, foot - r * 1.2),
        (x + r * 1.65, foot - r * 1.5),
    ]
    c.line(smooth(tail, closed=False), mix(fur, "#140c10", 0.18), r * 0.3)
    c.disc(*tail[-1], r * 0.15, mix(fur, pale, 0.4))
    body = [
        (x - r * 0.6, y + r * 0.4),
        (x - r * 1.12, foot - r * 0.5),
        (x - r * 0.85, foot),
        (x + r * 0.85, foot),
        (x + r * 1.15, foot - r * 0.5),
        (x + r * 0.6, y + r * 0.4),
    ]
    c.shape(smooth(body), fur, mix(fur, "#140c10", 0.2), volume=0.55)
    c.shape(ellipse(x, y + r * 1.25, r * 0.45, r * 0.62), mix(fur, pale, 0.8), blur=r * 0.07)
    for side in (-0.36, 0.36):
        c.shape(
            ellipse(x + side * r, foot - r * 0.55, r * 0.22, r * 0.62), mix(fur, pale, 0.12), fur, volume=0.35
        )
        c.shape(
            ellipse(x + side * r, foot - r * 0.04, r * 0.3, r * 0.17),
            mix(pale, "#ffffff", 0.2),
            pale,
            volume=0.3,
        )


def _face(c: Canvas, x: float, y: float, r: float, fur: str, pale: str, eye: str, *, striped: bool) -> None:
    dark = mix(fur, "#140c10", 0.4)
    for side in (-1, 1):
        ear = [
            (x + side * r * 0.95, y - r * 0.2),
            (x + side * r * 0.86, y - r * 1.22),
            (x + side * r * 0.16, y - r * 0.72),
        ]
        c.shape(ear, mix(fur, "#ffffff", 0.1), fur, volume=0.4)
        centre = (x + side * r * 0.68, y - r * 0.7)
        c.shape(
            [(centre[0] + (px - centre[0]) * 0.55, centre[1] + (py - centre[1]) * 0.58) for px, py in ear],
            "#e8a8a0",
            mix(fur, "#c07a78", 0.7),
        )
    head = [
        (x, y - r * 0.84),
        (x + r * 0.72, y - r * 0.66),
        (x + r * 1.08, y + r * 0.12),
        (x + r * 0.6, y + r * 0.72),
        (x, y + r * 0.86),
    ]
    c.shape(
        smooth([*head, *[(2 * x - px, py) for px, py in reversed(head[1:4])]]),
        mix(fur, "#ffffff", 0.12),
        fur,
        volume=0.5,
    )
    if striped:
        for nth in (-1, 0, 1):
            stroke = ellipse(x + nth * r * 0.22, y - r * (0.62 - 0.05 * abs(nth)), r * 0.05, r * 0.2)
            c.shape(turned(stroke, (x, y), nth * 0.08), dark, blur=r * 0.015)
        for side in (-1, 1):
            for nth in (0, 1):
                c.shape(
                    ellipse(
                        x + side * r * 0.82, y + r * (0.12 + 0.2 * nth), r * 0.17, r * 0.04, side * -0.25
                    ),
                    dark,
                    blur=r * 0.015,
                )
    for side in (-1, 1):
        c.shape(
            ellipse(x + side * r * 0.2, y + r * 0.42, r * 0.3, r * 0.24),
            mix(pale, "#ffffff", 0.3),
            pale,
            blur=r * 0.03,
        )
        _eye(c, x + side * r * 0.42, y - r * 0.06, r * 0.2, eye, side)
        for nth in range(3):
            tip = (x + side * r * 1.35, y + r * (0.22 + 0.2 * nth))
            c.line(
                [(x + side * r * 0.32, y + r * (0.36 + 0.06 * nth)), tip], mix("#ffffff", fur, 0.1), r * 0.013
            )
    c.shape(
        smooth([(x - r * 0.11, y + r * 0.2), (x + r * 0.11, y + r * 0.2), (x, y + r * 0.34)]),
        "#f0a0a0",
        "#c06a70",
    )
    for side in (-1, 1):
        mouth = [(x, y + r * 0.33), (x + side * r * 0.06, y + r * 0.47), (x + side * r * 0.2, y + r * 0.47)]
        c.line(smooth(mouth, closed=False), mix(dark, "#3a1a20", 0.5), r * 0.025)


def _eye(c: Canvas, x: float, y: float, r: float, colour: str, side: int) -> None:
    c.shape(ellipse(x, y, r * 1.12, r * 0.98, side * 0.25), "#2a1c1c")
    c.shape(
        ellipse(x, y, r, r * 0.88, side * 0.25), mix(colour, "#20301c", 0.35), mix(colour, "#ffffff", 0.35)
    )
    c.shape(ellipse(x, y, r * 0.3, r * 0.8), "#0a0a10")
    c.disc(x - r * 0.3, y - r * 0.35, r * 0.2, "#ffffff")
