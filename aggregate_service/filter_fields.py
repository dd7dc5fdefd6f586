"""The filters of pictures: what the API, forms, the client and the command line call them and say of them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FilterField:
    name: str
    says: str
    example: str
    several: bool = False


FIELDS = (
    FilterField("label", "Only with this label; with all of several.", "holiday", several=True),
    FilterField("folder", "Only in this folder and below it.", "2024/summer"),
    FilterField("after", "Only added then or later (UTC).", "2026-03-01"),
    FilterField("before", "Only added earlier (UTC).", "2026-03-01T12:00:00Z"),
    FilterField(
        "taken_after",
        "Only taken then or later, by the picture's own clock: `2026`, `2026-03`, `2026-03-01T12:30`.",
        "2026-03",
    ),
    FilterField("taken_before", "Only taken earlier.", "2026-03-01"),
    FilterField("camera", "Only with this camera, as it is called in the answers.", "Canon EOS 5D"),
    FilterField("min_side", "Only with so many pixels along the shorter side.", "1080"),
    FilterField("orientation", "Only `landscape`, `portrait` or `square`.", "portrait"),
    FilterField("type", "Only files of this format: `jpeg`, `heic`, `raw` …", "heic"),
)
NAMES = tuple(field.name for field in FIELDS)
