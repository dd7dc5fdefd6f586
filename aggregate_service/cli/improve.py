"""`image-search improve`: learn from labels, and use what was learned if it gains."""

from typing import Annotated

import typer

from aggregate_service.cli.evaluate import (
    Ignored,
    LabelsFrom,
    LabelWords,
    LookedAt,
    encoders_table,
    with_labels,
)
from aggregate_service.cli.exit_codes import DONE, FAILED
from aggregate_service.cli.job_progress import follow_job
from aggregate_service.cli.options import AsJson, Server, Wait, connected
from aggregate_service.cli.output import print_json, say, stdout
from aggregate_service.client import EvaluationRequest, ImageSearch, Improvement

_RESULTS = {
    "on": "It finds better than the encoder alone, and is in use. `image-search improve --off` goes back.",
    "no-gain": "It doesn't find better than the encoder alone, so nothing was changed.",
    "only-tried": "It was only tried; nothing was changed.",
}


def improve(
    labels: LabelsFrom = None,
    off: Annotated[bool, typer.Option("--off", help="Go back to the encoder alone.")] = False,
    try_only: Annotated[bool, typer.Option("--try", help="Compare, and change nothing.")] = False,
    ignore: Ignored = None,
    words: LabelWords = "{}",
    k: LookedAt = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of what is held out, and of training.")] = 0,
    as_json: AsJson = False,
    wait: Wait = True,
    server: Server = None,
) -> None:
    """Learn from your labels: a projection of the encoder's vectors, used only if it finds better.

    Tried on pictures that it didn't see. No picture is embedded again.
    """
    asked = EvaluationRequest(k=k, ignore=ignore or [], words=words, seed=seed)
    with connected(server) as images:
        if off:
            was_on = images.improve_off()
            say("Answers come from the encoder alone again." if was_on else "No projection was in use.")
            return
        job = images.improve(with_labels(asked, labels), try_only=try_only)
        if not wait:
            stdout().print(job.id)
            return
        follow_job(images, job)
        found = images.improvement(job.id)
        _show(images, found, as_json)
    raise typer.Exit(DONE if found.result else FAILED)


def _show(images: ImageSearch, found: Improvement, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    stdout().print(f"{found.pictures:,} pictures with {found.labels:,} labels, a third held out at a time")
    stdout().print(encoders_table(found))
    if found.problem:
        say(f"Nothing was learned: {found.problem.detail}")
    if found.result:
        say(_RESULTS[found.result])
    say(f"With plots: {images.url}/improvements/{found.id}")
