"""Serve one app with uvicorn: our log lines instead of its own, and a stop that lets requests finish."""

import sys
from contextlib import suppress

import uvicorn
from fastapi import FastAPI

from service_kit.logs import configure_logging
from service_kit.settings import ServiceSettings

_COULD_NOT_START = 3


def serve(app: FastAPI, host: str, port: int, settings: ServiceSettings) -> None:
    """Blocks until SIGINT or SIGTERM; requests in flight get 10 s to finish."""
    configure_logging(settings.log_level, settings.log_format)
    server = uvicorn.Server(configuration(app, host, port))
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(_COULD_NOT_START)


def configuration(app: FastAPI, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        workers=1,  # else WEB_CONCURRENCY says
        forwarded_allow_ips=["127.0.0.1", "::1"],  # else FORWARDED_ALLOW_IPS says
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=10,
    )
