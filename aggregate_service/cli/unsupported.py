"""Files that a scan saw and can't read: how many of which kind, and what would help."""

from collections.abc import Mapping

_HELP = {"video": "", "RAW": " (install the raw extra)", "SVG": "", "PSD": "", "JPEG XL": ""}
_BY_SETTING = " (not among the PICTURE_FORMATS)"


def by_kind(counts: Mapping[str, int]) -> str:
    """`12 videos, 3 RAW (install the raw extra)`, the commonest first."""
    ranked = sorted(counts.items(), key=lambda counted: (-counted[1], counted[0]))
    return ", ".join(
        f"{count:,} {_name(kind, count)}{_HELP.get(kind, _BY_SETTING)}" for kind, count in ranked
    )


def _name(kind: str, count: int) -> str:
    return "videos" if kind == "video" and count > 1 else kind
