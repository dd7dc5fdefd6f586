"""`image-search evaluate`: how good the answers are for these pictures, by labels that somebody gave."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from aggregate_service.cli.exit_codes import DONE, FAILED
from aggregate_service.cli.job_progress import follow_job
from aggregate_service.cli.label_files import as_csv, labels_folder
from aggregate_service.cli.options import AsJson, Server, Wait, connected
from aggregate_service.cli.output import print_json, say, stdout, table
from aggregate_service.client import EncoderRow, Evaluation, EvaluationRequest, ImageSearch, Measured

_BY_LABEL_SHOWN = 40
LabelsFrom = Annotated[
    Path | None,
    typer.Argument(
        metavar="[DIR | FILE.csv]",
        help="A folder with one sub-folder for each label, or with YOLO's labels/; or a CSV of path and "
        "labels. Left out: the labels in the catalogue.",
        show_default=False,
    ),
]
Ignored = Annotated[list[str] | None, typer.Option(metavar="LABEL", help="Labels that are to say nothing.")]
LabelWords = Annotated[
    str, typer.Option(metavar="TEXT", help="What is asked for a label, which stands at {}.")
]
LookedAt = Annotated[int, typer.Option("-k", min=1, max=100, help="How many answers people look at.")]


def evaluate(
    labels: LabelsFrom = None,
    model: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Encoders to compare, with the first; the active one if left out."),
    ] = None,
    k: LookedAt = 5,
    ignore: Ignored = None,
    words: LabelWords = "{}",
    seed: Annotated[int, typer.Option(min=0, help="Of samples and intervals.")] = 0,
    by_label: Annotated[bool, typer.Option("--by-label", help="A table by label, too.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the report with its plots, as one HTML file.")
    ] = None,
    as_json: AsJson = False,
    wait: Wait = True,
    server: Server = None,
) -> None:
    """How good are the answers? precision, recall, nDCG, mAP and MRR, each with its 95 % interval.

    The pictures must be indexed. Each is searched with, then each label's words are.
    """
    asked = EvaluationRequest(models=model or [], k=k, ignore=ignore or [], words=words, seed=seed)
    with connected(server) as images:
        job = images.evaluate(with_labels(asked, labels))
        if not wait:
            stdout().print(job.id)
            return
        follow_job(images, job)
        found = images.evaluation(job.id)
        if html:
            html.write_bytes(images.evaluation_file(job.id))
        _show(images, found, as_json, by_label)
    raise typer.Exit(DONE if any(row.measures for row in found.rows) else FAILED)


def with_labels(asked: EvaluationRequest, labels: Path | None) -> EvaluationRequest:
    """`labels` is a CSV, a folder with one sub-folder for each label, or YOLO's; None: the catalogue's."""
    if labels is None:
        return asked
    if labels.is_file():
        return asked.model_copy(update={"labels": labels.read_bytes(), "name": labels.name})
    if not labels.is_dir():
        raise typer.BadParameter(f"{labels}: there is no such folder or file.")
    if (listed := labels_folder(labels)) is None:
        return asked.model_copy(update={"folder": str(labels.resolve())})
    return asked.model_copy(update={"labels": as_csv(labels, listed), "name": f"{labels.name}.csv"})


def _show(images: ImageSearch, found: Evaluation, as_json: bool, by_label: bool) -> None:
    if as_json:
        print_json(found)
        return
    sample = f" (a sample of {found.known:,})" if found.known > found.pictures else ""
    stdout().print(f"{found.pictures:,} pictures{sample} with {found.labels:,} labels")
    if found.unknown:
        say(f"{found.unknown:,} pictures of {found.name} aren't in the catalogue.")
    stdout().print(encoders_table(found))
    if found.learned:
        say("This encoder learned from labels; if they are these, its figures flatter it.")
    for row in found.rows:
        if row.problem:
            say(f"{row.model or 'The encoder'}, asked with {row.by}: {row.problem.detail}")
        if by_label and row.labels:
            stdout().print(_labels(row, found.k))
    say(f"With plots: {images.url}/evaluations/{found.id}")


def encoders_table(found: Evaluation) -> Table:
    """A row for each encoder and way to ask, and below it what it finds more than the first."""
    k = found.k
    names = (f"precision@{k}", f"recall@{k}", f"nDCG@{k}", "mAP", "MRR")
    made = table("encoder", "asked with", *names, "questions", "chance", right=("questions", "chance"))
    for row in found.rows:
        if row.measures:
            asked = f"{row.queries:,}" + (f" of {row.askable:,}" if row.askable > row.queries else "")
            means = (_mean(each) for each in row.measures.in_order)
            made.add_row(Text(row.model or ""), row.by, *means, asked, f"{row.chance:.3f}")
        if row.gain:
            gains = (_mean(each, "+") for each in row.gain.in_order)
            made.add_row(Text("  more than the first"), row.by, *gains, "", "")
    return made


def _labels(row: EncoderRow, k: int) -> Table:
    made = table(f"label ({row.by})", "pictures", f"precision@{k}", "mAP", right=("pictures",))
    for each in row.labels[:_BY_LABEL_SHOWN]:
        means = (_mean(each.measures.precision), _mean(each.measures.map))
        made.add_row(Text(each.label), f"{each.pictures:,}", *means)
    return made


def _mean(mean: Measured, sign: str = "") -> str:
    if mean.low is None or mean.high is None:
        return f"{mean.value:{sign}.3f}"
    return f"{mean.value:{sign}.3f} ({mean.low:{sign}.3f} to {mean.high:{sign}.3f})"
