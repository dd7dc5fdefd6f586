"""End of the read path for people: every page as HTML that needs no JavaScript."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from aggregate_service.catalogue.filters import SHAPES, TYPES
from aggregate_service.catalogue.orders import SORTS
from aggregate_service.catalogue.records import FAVOURITE
from aggregate_service.catalogue.timeline import Month
from aggregate_service.evaluation.evaluator import BY
from aggregate_service.evaluation.report import Report
from aggregate_service.files.image_store import THUMBNAIL_SIDES
from aggregate_service.improvement.improvements import Improvement
from aggregate_service.improvement.projections import InUse
from aggregate_service.improvement.trial import ASKED_WITH
from aggregate_service.jobs.first_index import Indexing
from aggregate_service.search.calibration import Kind
from aggregate_service.web.page.answers import AnsweredQuestion, ShownResult, answers_of
from aggregate_service.web.page.by_month import by_month, ungrouped
from aggregate_service.web.page.messages import LANGUAGES, messages
from aggregate_service.web.page.plots import Plot, label_plot, precision_plot
from aggregate_service.web.page.query_links import FILTERS, Address, Chip
from aggregate_service.web.page.visitor import Visitor
from frontend import STATIC, TEMPLATES, static_version
from service_kit.messages.message import type_of

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)

GROUNDS = {"light": "#f6f6f3", "dark": "#111312"}
"""What the page stands on, in each colour scheme: the colour of an app's frame, too."""
_HEADINGS = {404: "problem.404", 409: "problem.409", 413: "problem.413", 503: "problem.503"}
_NOT_INDEXED = (type_of("not-indexed"), type_of("picture-not-indexed"))
_STAND_INS = {"mini-encoder-stands-in": "provenance.stand-in", "colours-stand-in": "provenance.colours"}
"""What is said in short of an encoder that stands in for the default one; the status page says all of it."""
_VIEWER = ("viewer", "zoom")
_MOST_HITS = 1_000
# What each page's script loads, so that the browser asks for all of it at once.
_MODULES = {
    "search.html": ("form", "photos", "dropping", *_VIEWER),
    "catalogue.html": ("adding", "dropping", "endless", "suggesting", *_VIEWER),
    "job.html": ("job", *_VIEWER),
    "evaluation.html": ("job",),
    "improvement.html": ("job",),
}
_NOBODY = Visitor()


@dataclass(frozen=True)
class PageStatus:
    """What answers: `encoder` and `count` are None while unknown, `problem` says why.

    `models` are the encoders that can be chosen: those that pictures are indexed for.
    """

    encoder: str | None
    notice: str | None
    gallery: str
    gallery_notice: str | None
    count: int | None
    problem: dict[str, Any] | None
    models: Sequence[str] = ()
    indexing: Indexing | None = None
    """How far the first index is, while it goes on."""


@dataclass(frozen=True)
class Improved:
    """Which projection is in use, and what was learned until now."""

    in_use: InUse | None = None
    improvements: Sequence[Improvement] = ()


@dataclass(frozen=True)
class EncoderChoice:
    """An encoder that can be searched with, once there are pictures (`count`) that are indexed with it."""

    name: str
    count: int
    words: bool
    """Whether it understands words, too."""
    answers: bool
    """Whether it answers when none is chosen."""


@dataclass(frozen=True)
class QuestionPicture:
    """A picture of the catalogue that is part of a question."""

    name: str
    thumbnail_url: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class CataloguePage:
    """Some pictures, as JSON has them, and the addresses of the pages beside them."""

    total: int
    pictures: Sequence[Mapping[str, Any]] = ()
    notes: Sequence[Mapping[str, Any]] = ()
    """What to say of filters that mean nothing."""
    next: str | None = None
    previous: str | None = None
    missing: int = 0
    missing_since: str | None = None
    purged_at: str | None = None
    """Since when the first of them is missing, and when it is forgotten."""
    unreachable: int = 0
    deleted: Sequence[int] = ()
    """The pictures that were just deleted, which can be brought back for `undo_minutes`, if there are any."""
    months: Sequence[Month] = ()
    """Where the timeline can be jumped to."""
    undo_minutes: int = 10
    address: Address = field(default_factory=lambda: Address(path="/images"))
    encoder: str | None = None
    encoders: Sequence[EncoderChoice] = ()
    most_files: int = 1000
    most_bytes: int = 128_000_000


class Pages:
    """Renders each page, in each of its states."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        version = static_version()
        self._environment.filters |= {
            "coded": coded,
            "label_plot": label_plot,
        }
        self._environment.globals["languages"] = [(each, messages(each)("language")) for each in LANGUAGES]
        self._environment.globals["grounds"] = GROUNDS
        self._environment.globals["srcset"] = srcset
        self._environment.globals["thumbnail_of"] = thumbnail_of
        self._environment.globals["asset"] = lambda name: f"/static/{version}/{name}"

    def render(
        self,
        status: PageStatus,
        *,
        k: int,
        results: Sequence[ShownResult] | None = None,
        previews: Sequence[str | None] = (),
        text: str | None = None,
        problem: dict[str, Any] | None = None,
        visitor: Visitor = _NOBODY,
        address: Address | None = None,
        pictures: Mapping[str, QuestionPicture] | None = None,
        kind: Kind = "picture",
        notes: Sequence[Mapping[str, Any]] = (),
        recent: Sequence[Mapping[str, Any]] = (),
        added: Sequence[Mapping[str, Any]] = (),
        by_link: str = "",
    ) -> str:
        """The search page. `address` is what GET /search was asked, `pictures` has the ones in it by id, and
        `kind` says what the question is made of; `status` is about the encoder that answers it.
        `recent` are the newest pictures for a page that nothing was asked of, by when they were taken, and
        `added` others that were added last.
        `by_link` is the link of a picture elsewhere that can be searched with instead of what the problem is.
        """
        asked = address or Address()
        answered = results is not None
        photos = asked.get("photo") is not None and not answered
        parts = [_pictured(part, pictures or {}) for part in asked.parts()] if answered or photos else []
        nothing_yet = problem is None and not answered and _not_indexed(status.problem)
        return self._show(
            "search.html",
            visitor,
            "search",
            None if nothing_yet else problem or status.problem,
            **self._found(status.encoder or "", k, results, previews, asked, kind),
            status=status,
            nothing_yet=nothing_yet,
            by_link=by_link,
            stand_in=_STAND_INS.get(getattr(status.notice, "name", "")),
            chosen=asked.get("model"),
            text=text or "",
            parts=parts,
            sent=bool(previews),
            previews=[preview for preview in previews if preview],
            photos=photos,
            region=_region(asked.get("box")) if len(asked.values("box")) == 1 else None,
            boxes=[(box, _region(box)) for box in asked.values("box")],
            asked_photos=_asked_photos(asked),
            whole=str(asked.put("box", None)),
            collapse_link=str(
                asked.put("collapse", None if asked.get("collapse") == "true" else "true"),
            ),
            models=status.models,
            model=status.encoder,
            notes=notes,
            months=by_month([_named(picture) for picture in recent], messages(visitor.language)),
            added=[_named(picture) for picture in added],
        )

    def hits(
        self,
        encoder: str,
        *,
        k: int,
        results: Sequence[ShownResult],
        visitor: Visitor = _NOBODY,
        address: Address | None = None,
        kind: Kind = "picture",
        notes: Sequence[Mapping[str, Any]] = (),
        sent: bool = False,
        level: int = 2,
    ) -> str:
        """What the first of these found, without the page around it; what was `sent` has no address here."""
        found = self._found(encoder, k, results, (), address or Address(), kind)
        said = {"model": encoder, "notes": notes, "sent": sent, "level": level}
        return self._show("fragment.html", visitor, "search", None, **found, **said)

    def problem(self, problem: dict[str, Any], visitor: Visitor = _NOBODY) -> str:
        """What went wrong, without a page around it."""
        return self._show("problem.html", visitor, "", problem)

    def _found(
        self,
        encoder: str,
        k: int,
        results: Sequence[ShownResult] | None,
        previews: Sequence[str | None],
        asked: Address,
        kind: Kind,
    ) -> dict[str, Any]:
        question = AnsweredQuestion(kind, encoder, asked)
        answers = None if results is None else answers_of(results, previews, question)
        full = answers is not None and len(answers) == 1 and answers[0].found >= k
        after = asked.offset + k
        return {
            "answers": answers,
            "k": k,
            "address": asked,
            "kind": kind,
            "usual": question.usual,
            "after": after if full and after + k <= _MOST_HITS else None,
            "next": asked.page(after) if full and after + k <= _MOST_HITS else None,
            "previous": asked.page(asked.offset - k) if asked.offset else None,
        }

    def catalogue(
        self, shown: CataloguePage, visitor: Visitor = _NOBODY, problem: dict[str, Any] | None = None
    ) -> str:
        filtered = any(shown.address.get(name) for name in FILTERS)
        facts = {name: getattr(shown, name) for name in CataloguePage.__dataclass_fields__}
        return self._show(
            "catalogue.html",
            visitor,
            "pictures",
            problem,
            **facts | self._grouped(shown, visitor) | {"filtered": filtered},
            sorts=SORTS,
            shapes=SHAPES,
            types=TYPES,
            favourite=FAVOURITE,
        )

    def catalogue_fragment(self, shown: CataloguePage, visitor: Visitor = _NOBODY) -> str:
        """The next pictures and the address of those after them, without the page around them."""
        facts = self._grouped(shown, visitor) | {"next": shown.next, "previous": shown.previous}
        return self._show("pictures.html", visitor, "pictures", None, **facts)

    def _grouped(self, shown: CataloguePage, visitor: Visitor) -> dict[str, Any]:
        """By month where they are in that order."""
        pictures = [_named(picture) for picture in shown.pictures]
        by_date = shown.address.get("sort") == "taken"
        groups = by_month(pictures, messages(visitor.language)) if by_date else ungrouped(pictures)
        return {"pictures": pictures, "groups": groups}

    def duplicates(self, found: Mapping[str, Any], visitor: Visitor = _NOBODY) -> str:
        """`found` is what `GET /duplicates` answers."""
        groups = [
            dict(group) | {"images": [_named(picture) for picture in group["images"]]}
            for group in found["groups"]
        ]
        return self._show("duplicates.html", visitor, "pictures", None, **dict(found) | {"groups": groups})

    def picture(
        self,
        picture: Mapping[str, Any],
        visitor: Visitor = _NOBODY,
        model: str | None = None,
        *,
        fragment: bool = False,
    ) -> str:
        """`model` is the encoder that searching on from here goes on with; a fragment is the facts alone."""
        shown = _named(picture)
        facts = self._facts(shown, visitor)
        by_it = Address.of([("id", str(picture["id"])), ("model", model or "")])
        template = "panel.html" if fragment else "picture.html"
        return self._show(template, visitor, "pictures", None, picture=shown, facts=facts, by_it=by_it)

    def jobs(
        self,
        jobs: Sequence[Mapping[str, Any]],
        visitor: Visitor = _NOBODY,
        problem: dict[str, Any] | None = None,
    ) -> str:
        return self._show("jobs.html", visitor, "jobs", problem, jobs=jobs)

    def job(
        self, job: Mapping[str, Any], added: Sequence[Mapping[str, Any]] = (), visitor: Visitor = _NOBODY
    ) -> str:
        """`added`: those of its pictures that are shown, as `GET /images` lists them."""
        return self._show("job.html", visitor, "jobs", None, job=job, added=added)

    def evaluations(
        self,
        evaluations: Sequence[Report],
        encoders: Sequence[EncoderChoice] = (),
        improved: Improved = Improved(),
        visitor: Visitor = _NOBODY,
    ) -> str:
        """What was found until now, and a form to ask for more; `encoders` can be compared."""
        shown = {"evaluations": evaluations, "encoders": encoders, "improved": improved}
        return self._show("evaluations.html", visitor, "status", None, **shown)

    def evaluation(self, report: Report, job: Mapping[str, Any], visitor: Visitor = _NOBODY) -> str:
        plots = _precision_plots(report, BY)
        return self._show("evaluation.html", visitor, "status", None, report=report, job=job, plots=plots)

    def improvement(
        self, report: Improvement, in_use: InUse | None, job: Mapping[str, Any], visitor: Visitor = _NOBODY
    ) -> str:
        plots = _precision_plots(report, ASKED_WITH)
        shown = {"report": report, "in_use": in_use, "job": job, "plots": plots}
        return self._show("improvement.html", visitor, "status", None, **shown)

    def evaluation_file(self, report: Report, visitor: Visitor = _NOBODY) -> str:
        """The same in one file, with its style in it."""
        sheets = ((STATIC / name).read_text("utf-8") for name in ("style.css", "evaluation.css"))
        style = Markup("\n".join(sheets))  # noqa: S704 - our own
        facts = {"report": report, "plots": _precision_plots(report, BY), "style": style}
        return self._show("evaluation-file.html", visitor, "", None, **facts)

    def status(self, report: Mapping[str, Any], visitor: Visitor = _NOBODY) -> str:
        return self._show("status.html", visitor, "status", None, report=report)

    def sign_in(
        self, visitor: Visitor = _NOBODY, back: str = "/", problem: dict[str, Any] | None = None
    ) -> str:
        """`back` is where signing in leads."""
        return self._show("sign-in.html", visitor, "", problem, back=back)

    def keys(self, keys: Sequence[Mapping[str, Any]], visitor: Visitor = _NOBODY, made: str = "") -> str:
        """`made` is the key that was just made: this page is the only one to show it."""
        return self._show("keys.html", visitor, "", None, keys=keys, made=made)

    def offline(self, visitor: Visitor) -> str:
        """What is shown where the server can't be reached."""
        return self._show("offline.html", visitor, "", None)

    def trouble(self, problem: dict[str, Any], visitor: Visitor = _NOBODY) -> str:
        """A page that shows nothing but what went wrong."""
        return self._show("trouble.html", visitor, "", problem)

    def _show(
        self, template: str, visitor: Visitor, section: str, problem: dict[str, Any] | None, **facts: Any
    ) -> str:
        heading = _heading(problem) if problem else ""
        said = {"t": messages(visitor.language), "visitor": visitor, "section": section}
        modules = ("address", "connection", "messages", *_MODULES.get(template, ()))
        shown = {"problem": problem, "heading": heading, "modules": modules}
        return self._environment.get_template(template).render(**said, **shown, **facts)

    def _facts(self, picture: Mapping[str, Any], visitor: Visitor) -> list[tuple[str, str]]:
        t = messages(visitor.language)
        facts = [("path", str(picture["path"]))]
        if picture.get("width"):
            facts.append(("dimensions", f"{t.number(picture['width'])} × {t.number(picture['height'])}"))
        if picture.get("bytes"):
            facts.append(("size", t.size(picture["bytes"])))
        if picture.get("taken"):
            said = t.date(picture["taken"]) + f", {picture['taken'][11:16]}"
            facts.append(("taken.guessed" if picture.get("taken_guessed") else "taken", said))
        if picture.get("camera"):
            facts.append(("camera", str(picture["camera"])))
        if picture.get("has_position"):
            facts.append(("position", t("picture.position.yes")))
        if picture.get("added_at"):
            facts.append(("added", t.date(picture["added_at"])))
        return facts


def _precision_plots(report: Report, ways: Sequence[str]) -> dict[str, Plot]:
    """By what was asked: pictures, words."""
    return {by: precision_plot([row for row in report.rows if row.by == by]) for by in ways}


def _named(picture: Mapping[str, Any]) -> dict[str, Any]:
    """With a name for people; what an older row doesn't have is filled in."""
    known = {"labels": [], "source_url": None, "searchable": True, "title": None} | dict(picture)
    path = str(known["path"])
    return known | {"name": known["title"] or PurePosixPath(path).name or path}


def coded(text: str) -> Markup:
    """What stands between `backticks` is to be typed as it is."""
    parts = str(escape(text)).split("`")
    if len(parts) % 2 == 0:
        return Markup(escape(text))  # noqa: S704 - it is escaped
    marked = "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))
    return Markup(marked)  # noqa: S704 - each part was escaped


def _heading(problem: Mapping[str, Any]) -> str:
    """The key of the message that stands over a problem."""
    if problem.get("type") in _NOT_INDEXED:
        return "problem.not-indexed"
    return _HEADINGS.get(problem.get("status", 0), "problem.other")


def _not_indexed(problem: Mapping[str, Any] | None) -> bool:
    return problem is not None and problem.get("type") == type_of("not-indexed")


def _pictured(part: Chip, pictures: Mapping[str, QuestionPicture]) -> Chip:
    known = pictures.get(part.value) if part.name == "id" else None
    if known is None:
        return part
    shown: dict[str, Any] = {
        "thumbnail_url": known.thumbnail_url,
        "width": known.width,
        "height": known.height,
    }
    return replace(part, label=known.name, **shown)


def _asked_photos(asked: Address) -> list[tuple[list[str], str | None]]:
    """Which photos each question is about, and the region where there are several of one photo."""
    keys, boxes = asked.values("photo"), asked.values("box")
    if len(keys) == 1 and len(boxes) > 1:
        return [(keys, box) for box in boxes]
    together = len(keys) == 1 or (asked.get("combine") or "each") != "each"
    return [(keys, None)] if together else [([key], None) for key in keys]


def _region(box: str | None) -> tuple[float, ...] | None:
    """x, y, width and height as fractions of the picture."""
    return tuple(float(number) for number in box.split(",")) if box else None


def srcset(url: str, width: int | None, height: int | None) -> str:
    """The thumbnails of a picture for screens of every density: none larger than the picture itself."""
    longest = max(width or 0, height or 0)
    if not longest or not width:
        return ""
    sides = [side for side in THUMBNAIL_SIDES if side < longest] or [THUMBNAIL_SIDES[0]]
    if sides[-1] != THUMBNAIL_SIDES[-1] and sides[-1] < longest:
        sides.append(THUMBNAIL_SIDES[len(sides)])
    return ", ".join(
        f"{thumbnail_of(url, side)} {max(1, round(width * min(1, side / longest)))}w" for side in sides
    )


def thumbnail_of(url: str, side: int) -> str:
    """The address of a larger thumbnail; the smallest is the one without a size."""
    return url if side == THUMBNAIL_SIDES[0] else f"{url}{'&' if '?' in url else '?'}size={side}"
