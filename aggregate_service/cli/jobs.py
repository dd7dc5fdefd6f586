"""`image-search jobs`: what the service does by and by; look at it, follow it, stop it."""

from typing import Annotated

import typer
from rich.text import Text

from aggregate_service.cli.job_progress import finish, summary
from aggregate_service.cli.options import AsJson, Server, connected
from aggregate_service.cli.output import print_json, printable, stdout, table

app = typer.Typer(invoke_without_command=True, rich_markup_mode=None, help="List, show, follow, cancel jobs.")
JobId = Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")]


@app.callback()
def newest(context: typer.Context, as_json: AsJson = False, server: Server = None) -> None:
    """The newest 50 jobs; `show`, `follow` or `cancel` one of them by its id."""
    if context.invoked_subcommand is not None:
        return
    with connected(server) as images:
        found = images.jobs()
    if as_json:
        print_json({"jobs": [job.model_dump(mode="json") for job in found]})
        return
    if not found:
        stdout().print("No jobs yet.")
        return
    made = table("id", "kind", "state", "done", "failed", "of", "begun", right=("done", "failed", "of"))
    for job in found:
        counts = (str(job.done), str(job.failed), str(job.total))
        made.add_row(Text(job.id), job.kind, job.state, *counts, job.started_at or "")
    stdout().print(made)


@app.command("show")
def show(job_id: JobId, as_json: AsJson = False, server: Server = None) -> None:
    """How far a job is, and what failed."""
    with connected(server) as images:
        job = images.job(job_id)
    if as_json:
        print_json(job)
        return
    stdout().print(summary(job))
    for failure in job.failures:
        named = ", ".join(printable(item) for item in failure.items)
        more = failure.count - len(failure.items)
        stdout().print(f"  {named}{f' and {more} more' if more > 0 else ''}: {failure.detail}")


@app.command("follow")
def follow(job_id: JobId, server: Server = None) -> None:
    """A progress bar until the job has ended; exit code 1 when it failed."""
    with connected(server) as images:
        code = finish(images, images.job(job_id))
    raise typer.Exit(code)


@app.command("cancel")
def cancel(job_id: JobId, server: Server = None) -> None:
    """Stop a job; what it brought in until now stays."""
    with connected(server) as images:
        stdout().print(summary(images.cancel(job_id)))
