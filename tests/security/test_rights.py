"""Every route that there is, and the right that it takes: a new one is in the table, or the test fails."""

import json
from collections.abc import Iterable, Iterator

import pytest
from starlette.routing import BaseRoute, Mount

from aggregate_service.access.rights import Right, needed
from tests.security.closed import Closed
from tests.security.services import Answer

OPEN = """
    GET /healthz, GET /readyz, GET /favicon.ico, POST /language, GET /sign-in, POST /sign-in, POST /sign-out,
    GET /manifest.webmanifest, GET /service-worker.js, GET /offline
"""
READ = """
    GET /, POST /, GET /search, POST /uploadfiles, POST /similarity-search, POST /search_with_image,
    POST /share, POST /linked-picture, GET /get_task_status/{task_id}, GET /poll_task_status/{task_id},
    GET /images, GET /images/months, POST /images/zip, POST /images/search, GET /duplicates, GET /suggestions,
    GET /images/{picture_id}/view, GET /images/paths, GET /images/{picture_id}, GET /images/{picture_id}/file,
    GET /images/{picture_id}/thumbnail, GET /images/{picture_id}/why, POST /images/{picture_id}/why,
    GET /evaluations, GET /evaluations/{job_id}, GET /evaluations/{job_id}/report,
    GET /improvements, GET /improvements/{job_id},
    GET /jobs, GET /jobs/{job_id}, GET /jobs/{job_id}/events, GET /folders, GET /models, GET /status,
    GET /metrics, GET /docs, GET /docs/oauth2-redirect, GET /redoc, GET /openapi.json
"""
WRITE = """
    POST /images, POST /upload_catalogue, PATCH /images/{picture_id}, DELETE /images/{picture_id},
    PATCH /images, POST /images/labels, POST /images/delete, POST /images/restore,
    POST /images/{picture_id}/change, POST /images/{picture_id}/delete, POST /images/{picture_id}/restore,
    DELETE /jobs/{job_id}, POST /jobs/{job_id}/cancel, POST /evaluations,
    POST /improvements, POST /improvements/off
"""
ADMIN = """
    DELETE /images, POST /images/forget, POST /backup,
    POST /folders, POST /folders/adopt, POST /folders/{folder_id}/scan,
    DELETE /folders/{folder_id}, GET /keys, POST /keys, DELETE /keys/{key_id}, POST /keys/{key_id}/revoke
"""
LISTED = ((None, OPEN), (Right.READ, READ), (Right.WRITE, WRITE), (Right.ADMIN, ADMIN))
TABLE: dict[str, Right | None] = {
    route.strip(): right for right, routes in LISTED for route in routes.split(",")
}
MOUNTED = {"/static", "/static-offline-docs"}  # files of ours, open to everybody
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def ask(closed: Closed, route: str, have: Right | None) -> Answer:
    """For things that aren't there."""
    method, path = route.split()
    for name in ("{picture_id}", "{folder_id}", "{key_id}", "{job_id}", "{task_id}"):
        path = path.replace(name, "999")
    return closed.site.ask(method, path, FORM | closed.headers(have))


def registered(routes: Iterable[BaseRoute]) -> Iterator[str]:
    """As `METHOD /path`, in the document of the API or not."""
    for route in routes:
        if inside := getattr(route, "original_router", None):
            yield from registered(inside.routes)
        elif isinstance(route, Mount):
            assert route.path in MOUNTED
        else:
            methods, path = route.methods, route.path  # type: ignore[attr-defined]
            yield from (f"{method} {path}" for method in methods if method != "HEAD")


def test_every_route_is_in_the_table(closed: Closed) -> None:
    assert set(registered(closed.site.app.routes)) == set(TABLE)


@pytest.mark.parametrize("have", [None, *Right], ids=lambda right: right.said if right else "nothing")
def test_each_key_does_what_its_right_is_and_no_more(closed: Closed, have: Right | None) -> None:
    for route, need in TABLE.items():
        if route.endswith("/events"):
            continue
        answer = ask(closed, route, have)
        status = answer.status
        if need is None:
            assert status not in (403, 429), route
        elif have is None:
            assert (status, answer.headers["www-authenticate"]) == (401, "Bearer"), route
            assert "/sign-in" in answer.problem["detail"]
        elif have < need:
            assert status == 403, route
        else:
            assert status not in (401, 403, 429) or route == "POST /folders", route
        assert status != 500, route


def test_files_of_ours_are_open(closed: Closed) -> None:
    assert closed.site.ask("GET", "/static/page.js").status == 200


def test_what_a_route_of_tomorrow_needs() -> None:
    assert needed("POST", "/a-route-of-tomorrow") is Right.WRITE
    assert needed("GET", "/a-route-of-tomorrow") is Right.READ
    assert needed("GET", "/healthz/../images") is Right.READ
    assert needed("GET", "/static/../images") is None  # which no server takes for /images


def test_strangers_learn_from_readyz_the_state_alone(closed: Closed) -> None:
    told = closed.site.ask("GET", "/readyz", closed.headers(None))
    known = closed.site.ask("GET", "/readyz", closed.headers(Right.READ))
    assert (told.status, json.loads(told.body)) == (200, {"status": "ready"})
    assert json.loads(known.body)["count"] >= 0
    assert closed.site.ask("GET", "/readyz", {"Authorization": "Bearer wrong"}).body == told.body
