"""Sample gallery, what people build: night skylines, houses, sailing boats, balloons, cars."""

from PIL import Image

from aggregate_service.sample_gallery.canvas import Canvas, Point, ellipse, mix, smooth, spread

_NIGHTS = [
    ("#070b1f", "#2a3a6e", "#ffd98a"),
    ("#0c0a24", "#5a2f6a", "#ffe2b0"),
    ("#041018", "#12525e", "#ffe6a0"),
    ("#0a0d2a", "#7a3f5a", "#ffcf7a"),
    ("#050816", "#28305a", "#cfe4ff"),
    ("#0b1026", "#3a4f8f", "#ffc86a"),
    ("#120a1e", "#8a3a3f", "#ffdf9a"),
    ("#060c1c", "#1f4a7a", "#fff0c0"),
]


def city(c: Canvas, variant: int) -> None:
    """Lit windows at night, half of the time above their reflection."""
    high, low, lamp = _NIGHTS[variant]
    shore = c.height * (0.74 if variant % 2 else 0.97)
    c.gradient(high, low, top=0, bottom=shore)
    for _ in range(70):
        c.disc(c.rng.uniform(0, c.width), c.rng.uniform(0, shore * 0.5), c.rng.uniform(0.3, 0.9), "#dfe6ff")
    if variant in (0, 3, 4):
        x, y, r = c.width * c.rng.uniform(0.15, 0.85), c.height * 0.18, c.rng.uniform(13, 24)
        c.glow(x, y, r * 4, "#cdd8ff", 0.5)
        c.disc(x, y, r, "#f8f4e4", "#d9d6cc")
    c.glow(c.width / 2, shore, c.width * 0.9, mix(low, lamp, 0.5), 0.85, ry=c.height * 0.6)
    for row in range(3):
        _skyline(c, shore, row, high, low, lamp)
    if variant % 2:
        _reflection(c, shore, high)


def _skyline(c: Canvas, shore: float, row: int, high: str, low: str, lamp: str) -> None:
    colour = mix(mix(high, low, 0.9), mix(high, "#04060e", 0.4), row / 2)
    x = -c.rng.uniform(0, 20)
    while x < c.width:
        width = c.rng.uniform(20, 46) + 6 * row
        rise = c.height * (0.62 - 0.15 * row) * c.rng.uniform(0.35, 1.0)
        c.rect(x, shore - rise, x + width, shore, colour, mix(colour, lamp, 0.16))
        c.rect(x + width * 0.7, shore - rise, x + width, shore, mix(colour, "#000008", 0.3))
        if c.rng.random() < 0.3:
            c.rect(
                x + width / 2 - 0.8,
                shore - rise - c.rng.uniform(10, 28),
                x + width / 2 + 0.8,
                shore - rise,
                colour,
            )
        elif c.rng.random() < 0.35:
            c.rect(x + width * 0.2, shore - rise - 9, x + width * 0.8, shore - rise, mix(colour, low, 0.18))
        if row:
            _windows(c, x, shore - rise, width, rise, lamp, row)
        x += width + c.rng.uniform(0, 10) * (2 - row)


def _windows(c: Canvas, x: float, top: float, width: float, rise: float, lamp: str, row: int) -> None:
    pitch, lit = 4.4 + 2.2 * row, c.rng.uniform(0.35, 0.75)
    for down in range(1, int(rise / pitch)):
        for across in range(1, int(width / pitch)):
            if c.rng.random() < lit:
                wx, wy = x + across * pitch, top + down * pitch
                shade = mix(lamp, c.rng.choice(["#ffffff", "#ff9a4a", "#101020"]), c.rng.uniform(0, 0.4))
                c.rect(wx - pitch * 0.27, wy - pitch * 0.33, wx + pitch * 0.27, wy + pitch * 0.27, shade)


def _reflection(c: Canvas, shore: float, high: str) -> None:
    fine = round(shore * 2)
    depth = c.image.height - fine
    mirrored = c.image.crop((0, fine - depth, c.image.width, fine)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    c.image.paste(mirrored.resize((c.image.width // 3, depth // 8)).resize(mirrored.size), (0, fine))
    c.veil(c.noise(2, 2, 1) * 0.1 + 0.2, high, shore)
    c.ripples(shore, "#c8d8ff", 0.16)
    c.ripples(shore, high, 0.5)


_WALLS = [
    ("#f4efe4", "#b5482f", "#3f6b8a"),
    ("#c8553d", "#4a3b3a", "#f3e6cf"),
    ("#e9c46a", "#7a4a2a", "#2a6f6a"),
    ("#8fb3c4", "#44525e", "#f6f1e3"),
    ("#f0d9cf", "#8a4b4f", "#58724a"),
    ("#6f8f72", "#3e3a34", "#f3ead2"),
    ("#d9dde0", "#2f4858", "#c8553d"),
    ("#b98fa8", "#5a3f55", "#fff3dc"),
]


def house(c: Canvas, variant: int) -> None:
    """A home with a pitched roof in its garden, by day, one by evening."""
    wall, roof, trim = _WALLS[variant]
    evening = variant in (3, 6)
    c.gradient(
        *(("#2b3a67", "#d98a7a", "#f6c89a") if evening else ("#7ab8e0", "#dff0f7")), bottom=c.height * 0.8
    )
    if not evening:
        c.clouds("#ffffff", c.height * 0.6, 0.42, across=3)
    ground = c.height * 0.76
    lawn = mix("#6da04b", "#2a3a4a" if evening else "#e0d070", 0.25 + 0.05 * variant % 0.3)
    for hill in range(2):
        ridge = [(c.width * s / 4, ground - 22 + 22 * hill + c.rng.uniform(-10, 6)) for s in range(-1, 6)]
        shade = mix(lawn, "#9cc8c8", 0.4 * (1 - hill))
        c.shape(
            [*smooth(ridge, closed=False), (999, c.height), (-99, c.height)],
            mix(shade, "#ffffff", 0.12),
            shade,
        )
    for _ in range(4):
        _round_tree(
            c,
            c.rng.uniform(0, c.width),
            ground + 2,
            c.height * c.rng.uniform(0.1, 0.17),
            mix(lawn, "#123020", 0.45),
        )
    many = 1 + (variant in (2, 5)) + (variant == 5)
    for nth in range(many):
        half = c.width * (0.2 if many == 1 else 0.115) * c.rng.uniform(0.95, 1.15)
        x = c.width * ((nth + 0.5) / many if many > 1 else c.rng.uniform(0.4, 0.6))
        paint = wall if nth == 0 else mix(wall, trim, 0.4 * nth)
        _home(c, x, ground + c.height * 0.08, half, (paint, roof, trim), lit=evening, tall=variant % 3 == 1)
    for _ in range(26):
        x, y = c.rng.uniform(0, c.width), c.rng.uniform(ground + c.height * 0.12, c.height)
        c.disc(x, y, c.rng.uniform(1.2, 2.6), c.rng.choice(["#fff4d0", "#f2a0a0", "#ffe066", trim]))


def _home(
    c: Canvas, x: float, foot: float, half: float, paints: tuple[str, str, str], *, lit: bool, tall: bool
) -> None:
    wall, roof, trim = paints
    rise = half * (1.5 if tall else 1.0)
    c.glow(x, foot, half * 1.5, "#1a2a18", 0.5, ry=half * 0.2)
    c.rect(x + half * 0.4, foot - rise - half * 0.85, x + half * 0.62, foot - rise, mix(roof, "#2a1a1a", 0.3))
    c.rect(x - half, foot - rise, x + half, foot, mix(wall, "#ffffff", 0.15), mix(wall, "#50506a", 0.15))
    c.rect(x + half * 0.45, foot - rise, x + half, foot, mix(wall, "#40405a", 0.16))
    eaves = [(x - half * 1.18, foot - rise), (x, foot - rise - half * 0.95), (x + half * 1.18, foot - rise)]
    c.shape(eaves, mix(roof, "#ffffff", 0.15), roof)
    c.shape(
        [(x, foot - rise - half * 0.95), eaves[2], (x + half * 0.45, foot - rise)], mix(roof, "#10101c", 0.25)
    )
    c.rect(x - half * 0.16, foot - half * 0.62, x + half * 0.16, foot, mix(trim, "#ffffff", 0.1), trim)
    c.disc(x + half * 0.1, foot - half * 0.3, half * 0.025, "#f8e8b0")
    pane = "#ffd98a" if lit else "#a8cfe4"
    for storey in range(2 if tall else 1):
        for side in (-0.6, 0.6):
            _window(
                c, x + half * side, foot - half * (0.55 + 0.62 * storey), half * 0.19, pane, trim, lit=lit
            )


def _window(c: Canvas, x: float, y: float, half: float, pane: str, trim: str, *, lit: bool) -> None:
    c.rect(x - half * 1.2, y - half * 1.2, x + half * 1.2, y + half * 1.2, trim)
    c.rect(x - half, y - half, x + half, y + half, pane, mix(pane, "#ffffff", 0.5))
    c.rect(x - half * 0.07, y - half, x + half * 0.07, y + half, trim)
    c.rect(x - half, y - half * 0.07, x + half, y + half * 0.07, trim)
    if lit:
        c.glow(x, y, half * 3, "#ffcf7a", 0.35)


def _round_tree(c: Canvas, x: float, foot: float, size: float, colour: str) -> None:
    c.rect(x - size * 0.07, foot - size, x + size * 0.07, foot, "#5a4030")
    for _ in range(8):
        cx, cy = x + c.rng.uniform(-0.4, 0.4) * size, foot - size * c.rng.uniform(0.9, 1.6)
        shade = mix(colour, "#dfe8a0", c.rng.uniform(0, 0.25))
        c.disc(cx, cy, size * c.rng.uniform(0.25, 0.42), shade, mix(shade, "#0a1a10", 0.25))


_SEAS = [
    ("#5fa8d8", "#e6f3f8", "#1f6f9a", ["#ffffff", "#f4ede0"]),
    ("#8ec5e0", "#fdf3dc", "#2a8a8f", ["#e63946", "#ffffff"]),
    ("#3a78b8", "#cfe6f2", "#0f4a7a", ["#ffd23f", "#f4f1e8"]),
    ("#f2b39a", "#fbe6cf", "#3f6f8f", ["#ffffff", "#e07a5f"]),
    ("#7fb0c8", "#eaf1f0", "#3f7f7a", ["#264653", "#e9e4d4"]),
    ("#4f9fd8", "#dff2fb", "#1380a8", ["#ffffff", "#2a6fb8", "#f4a261", "#e63946"]),
    ("#9fb4c8", "#e8ebee", "#4a6478", ["#b23a48", "#f2e9e4"]),
    ("#58b4d8", "#f0f8e8", "#18a0a0", ["#ff9f1c", "#fdfcf4", "#2ec4b6"]),
]


def sailboat(c: Canvas, variant: int) -> None:
    """One to four boats under sail by day."""
    high, low, sea, sails = _SEAS[variant]
    horizon = c.height * c.rng.uniform(0.5, 0.62)
    c.gradient(high, low, bottom=horizon)
    c.clouds("#ffffff", horizon, 0.45, across=3)
    c.gradient(mix(sea, low, 0.5), sea, mix(sea, "#001830", 0.35), top=horizon)
    c.ripples(horizon, "#ffffff", 0.35)
    many = (1, 1, 2, 1, 1, 4, 2, 3)[variant]
    for nth in range(many):
        size = c.height * (0.36 if many == 1 else 0.13 + 0.1 * nth)
        x = c.width * (
            c.rng.uniform(0.38, 0.62)
            if many == 1
            else spread((nth * 2 + 1) % many if many % 2 else nth, many)[0]
        )
        _boat(
            c,
            x,
            horizon + size * 0.28 + 12 * nth,
            size,
            sails[nth % len(sails)],
            sails[(nth + 1) % len(sails)],
            sea,
        )
    c.ripples(horizon + c.height * 0.22, mix(sea, "#ffffff", 0.5), 0.3)


def _boat(c: Canvas, x: float, water: float, size: float, sail: str, second: str, sea: str) -> None:
    mast, lean = size * 1.55, size * c.rng.uniform(-0.06, 0.1)
    c.shape(ellipse(x, water + size * 0.2, size * 0.5, size * 0.16), mix(sea, sail, 0.45), blur=4)
    hull: list[Point] = [(x - size * 0.56, water - size * 0.15), (x + size * 0.66, water - size * 0.19)]
    keel = [(x + size * 0.42, water + size * 0.04), (x - size * 0.4, water + size * 0.05)]
    c.rect(x - size * 0.014, water - mast, x + size * 0.014, water - size * 0.1, "#5a4636")
    belly = smooth(
        [
            (x + lean - 0.03 * size, water - mast),
            (x - size * 0.34, water - mast * 0.55),
            (x - size * 0.52, water - size * 0.27),
        ],
        closed=False,
    )
    c.shape([*belly, (x - size * 0.03, water - size * 0.24)], mix(sail, "#ffffff", 0.3), sail, volume=0.35)
    jib = smooth(
        [
            (x + 0.03 * size, water - mast * 0.95),
            (x + size * 0.3, water - mast * 0.5),
            (x + size * 0.6, water - size * 0.24),
        ],
        closed=False,
    )
    c.shape([*jib, (x + size * 0.06, water - size * 0.26)], mix(second, "#ffffff", 0.3), second, volume=0.35)
    c.shape([*hull, *keel], "#fbf8f0", "#8a5a3c" if sail == "#ffffff" else "#2f3e52", volume=0.3)
    c.ripples(water + size * 0.02, "#ffffff", 0.12, min(water + size * 0.3, c.height))
