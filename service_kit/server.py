"""Serve one app with uvicorn: our log lines instead of its own, and a stop that lets requests finish."""

import resource
import sys
from contextlib import suppress
from functools import partial

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from service_kit.connection import ConnectionLimits, GuardedProtocol, IdleConnections
from service_kit.logs import configure_logging
from service_kit.settings import ServiceSettings

_COULD_NOT_START = 3
_OTHER_FILES = 100
_LIMITS = ConnectionLimits()


def serve(app: FastAPI, host: str, port: int, settings: ServiceSettings) -> None:
    """Blocks until SIGINT or SIGTERM; requests in flight get 10 s to finish."""
    configure_logging(settings.log_level, settings.log_format)
    limits = ConnectionLimits(connections=min(settings.max_connections, _most_open_files() - _OTHER_FILES))
    server = uvicorn.Server(configuration(app, host, port, limits))
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(_COULD_NOT_START)


def configuration(app: ASGIApp, host: str, port: int, limits: ConnectionLimits = _LIMITS) -> uvicorn.Config:
    idle: IdleConnections = {}
    protocol = partial(GuardedProtocol, limits=limits, idle=idle)
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=protocol,  # type: ignore[arg-type]
        ws="none",
        workers=1,  # else WEB_CONCURRENCY says
        proxy_headers=False,  # service_kit/forwarded.py reads them
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=10,
    )


def _most_open_files() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
