"""The README's moving picture, from the screenshots that are there: `python -m scripts.moving_picture`."""

from pathlib import Path

from PIL import Image

SCREENSHOTS = Path(__file__).parent.parent / "docs" / "screenshots"
_SHOWN = (
    ("search", 1_500),
    ("results", 2_500),
    ("viewer", 2_500),
    ("similar-dark", 2_500),
)
"""Each with the milliseconds that it stays."""
_SIZE, _VISIBLE = (960, 645), 860  # pixels; how much of a page's height


def main() -> None:
    frames = [_frame(Image.open(SCREENSHOTS / f"{name}.webp")) for name, _ in _SHOWN]
    times = [milliseconds for _, milliseconds in _SHOWN]
    frames[0].save(
        SCREENSHOTS / "tour.webp",
        save_all=True,
        append_images=frames[1:],
        duration=times,
        loop=0,
        quality=70,
        method=6,
    )


def _frame(page: Image.Image) -> Image.Image:
    top = page.convert("RGB").crop((0, 0, page.width, min(_VISIBLE, page.height)))
    return top.resize(_SIZE, Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
