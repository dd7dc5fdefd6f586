"""`image-search doctor`: what is wrong with this machine, in plain words, and what to do about it."""

from dataclasses import asdict

import typer
from rich.text import Text

from aggregate_service.cli.config import CommandLineSettings
from aggregate_service.cli.exit_codes import DONE, FAILED
from aggregate_service.cli.options import AsJson, Server
from aggregate_service.cli.output import print_json, stdout
from aggregate_service.doctor.finding import Finding

_STYLES = {"ok": "green", "warn": "yellow", "bad": "bold red"}


def doctor(as_json: AsJson = False, server: Server = None) -> None:
    """Look at this machine: each line is ok, warn or bad, with what to do. Exit code 1 when one is bad."""
    from aggregate_service.config import Settings
    from aggregate_service.doctor.examination import examine
    from aggregate_service.doctor.settings import OtherServices

    found: list[Finding] = []
    for finding in examine(Settings(), OtherServices(), server or CommandLineSettings().server):
        found.append(finding)
        if not as_json:
            stdout().print(_line(finding))
    if as_json:
        print_json([asdict(finding) for finding in found])
    else:
        stdout().print(_verdict(found))
    raise typer.Exit(FAILED if any(finding.level == "bad" for finding in found) else DONE)


def _line(finding: Finding) -> Text:
    line = Text.assemble(
        (f"{finding.level:<5}", _STYLES[finding.level]), (f"{finding.about}: ", "bold"), finding.says
    )
    if finding.do:
        line.append(f"\n      {finding.do}")
    return line


def _verdict(found: list[Finding]) -> str:
    bad, warn = (sum(finding.level == level for finding in found) for level in ("bad", "warn"))
    if not bad and not warn:
        return "All is well."
    return f"{bad} bad, {warn} to look at."
