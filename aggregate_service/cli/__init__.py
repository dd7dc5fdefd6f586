"""The command line, `image-search`: one command a file, talking to the service over HTTP."""

from aggregate_service.cli.app import main

__all__ = ["main"]
