"""What makes the page an app on a phone: its manifest, its service worker, and the page without a connection.

Nobody has to sign in for these: they say nothing of anybody, and a worker may keep them.
"""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from aggregate_service.web.page.messages import LANGUAGES, messages
from aggregate_service.web.page.pages import GROUNDS
from aggregate_service.web.page.visitor import Visitor
from aggregate_service.web.routes.html import html
from aggregate_service.web.routes.parts import Wired
from frontend import shell, static_version

router = APIRouter(include_in_schema=False)
Language = Annotated[str, Query()]
_CHECK_EACH_TIME = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


@router.get("/manifest.webmanifest")
async def manifest(language: Language = "en") -> Response:
    """Addresses in it are relative to its own: it is the same below any path."""
    return Response(
        json.dumps(_manifest(_known(language)), ensure_ascii=False),
        media_type="application/manifest+json",
        headers=_CHECK_EACH_TIME,
    )


@router.get("/service-worker.js")
async def service_worker(language: Language = "en") -> Response:
    """It is another text with each version: that is how browsers notice that there is a new one."""
    version, offline = static_version(), f"/offline?language={_known(language)}"
    arguments = ", ".join(json.dumps(each) for each in (version, shell(), offline))
    script = f'import {{ serve }} from "./static/{version}/worker.js";\n\nserve({arguments});\n'
    return Response(script, media_type="text/javascript", headers=_CHECK_EACH_TIME)


@router.get("/offline")
async def offline(parts: Wired, language: Language = "en") -> Response:
    """The page that the worker shows where the server can't be reached."""
    return html(parts.page.offline(Visitor(_known(language))))


def _known(language: str) -> str:
    return language if language in LANGUAGES else "en"


def _manifest(language: str) -> dict[str, Any]:
    t, static = messages(language), f"static/{static_version()}"
    return {
        "name": t("product"),
        "short_name": t("app.short"),
        "description": t("description"),
        "lang": language,
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": GROUNDS["light"],
        "theme_color": GROUNDS["light"],
        "icons": [
            {"src": f"{static}/favicon.svg", "type": "image/svg+xml", "sizes": "any"},
            {"src": f"{static}/icon-192.png", "type": "image/png", "sizes": "192x192"},
            {"src": f"{static}/icon-512.png", "type": "image/png", "sizes": "512x512"},
            {"src": f"{static}/icon-maskable.png", "type": "image/png", "sizes": "512x512"}
            | {"purpose": "maskable"},
        ],
        "shortcuts": [{"name": t("nav.pictures"), "url": "images"}],
        "share_target": {
            "action": "share",
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": {
                "title": "title",
                "text": "text",
                "url": "url",
                "files": [{"name": "files", "accept": ["image/*"]}],
            },
        },
    }
