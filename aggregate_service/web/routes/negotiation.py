"""HTML for browsers, JSON for programs: what an `Accept` header prefers."""

from dataclasses import dataclass

HTML = ("text", "html")
JSON = ("application", "json")


@dataclass(frozen=True)
class _Range:
    """One entry of `Accept`; `order` is its place in the header."""

    type: str
    subtype: str
    quality: float
    order: int

    def fits(self, media: tuple[str, str]) -> bool:
        return self.type in ("*", media[0]) and self.subtype in ("*", media[1])

    @property
    def specificity(self) -> int:
        return (self.type != "*") + (self.subtype != "*")


def prefers_html(accept: str) -> bool:
    """True when HTML is preferred to JSON: by quality, then by how exactly it is named, then by order.

    No header, `*/*` and a header that can't be read mean a program.
    """
    ranges = [found for order, entry in enumerate(accept.split(",")) if (found := _parse(entry, order))]
    return _rank(HTML, ranges) > _rank(JSON, ranges)


def _rank(media: tuple[str, str], ranges: list[_Range]) -> tuple[float, int, int]:
    """The most specific range decides (RFC 9110, section 12.5.1)."""
    fitting = [range_ for range_ in ranges if range_.fits(media)]
    if not fitting:
        return (0.0, 0, 0)
    best = max(fitting, key=lambda range_: (range_.specificity, range_.quality))
    return (best.quality, best.specificity, -best.order) if best.quality > 0 else (0.0, 0, 0)


def _parse(entry: str, order: int) -> _Range | None:
    media, *parameters = (part.strip().lower() for part in entry.split(";"))
    type_, slash, subtype = media.partition("/")
    if not slash or not type_ or not subtype:
        return None
    return _Range(type_, subtype, _quality(parameters), order)


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                return 0.0
            return quality if 0.0 <= quality <= 1.0 else 0.0
    return 1.0
