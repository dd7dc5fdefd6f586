"""With a password, nobody does anything without it, a key, or a proxy that vouches for them."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from aggregate_service.access.passwords import hashed
from aggregate_service.cli import main
from aggregate_service.client import ImageSearch, ImageSearchError
from tests.aggregate_service.conftest import World, new_world, take_over
from tests.security.services import Answer, Site, site

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PASSWORD = "correct horse battery staple"
Start = Callable[..., Site]


@pytest.fixture
def start(tmp_path: Path, once_indexed: World) -> Iterator[Start]:
    """The service over seven pictures, with these settings; several of one test share their catalogue."""
    world = new_world(tmp_path)
    take_over(world, once_indexed)
    with ExitStack() as running:

        def begin(**given: Any) -> Site:
            settings = type(world.settings)(**world.settings.model_dump() | given, _env_file=None)
            return running.enter_context(site("aggregate", replace(world, settings=settings).make_app()))

        yield begin


def sign_in(site: Site, password: str = PASSWORD, headers: dict[str, str] | None = None) -> Answer:
    return site.ask("POST", "/sign-in", FORM | (headers or {}), urlencode({"password": password}).encode())


def cookie_of(answer: Answer) -> dict[str, str]:
    return {"Cookie": answer.headers["set-cookie"].split(";")[0]}


def key(site: Site, right: str, **headers: str) -> dict[str, str]:
    headers = headers or cookie_of(sign_in(site))
    made = site.ask("POST", "/keys", FORM | headers, urlencode({"name": "a script", "right": right}).encode())
    assert made.status == 201, made
    return {"Authorization": f"Bearer {json.loads(made.body)['key']}"}


def test_without_a_password_on_loopback_everything_is_as_it_was(start: Start) -> None:
    here = start()
    assert here.ask("GET", "/images").status == 200
    assert here.ask("DELETE", "/images/3").status == 204
    assert here.ask("GET", "/sign-in", {"Accept": "text/html"}).status == 303


def test_people_are_led_to_the_form_and_back(start: Start) -> None:
    here = start(access_password=PASSWORD)
    page = {"Accept": "text/html"}
    led = here.ask("GET", "/images?label=a", page)
    assert (led.status, led.headers["location"]) == (303, "/sign-in?back=/images%3Flabel%3Da")
    form = here.ask("GET", led.headers["location"], page)
    assert (form.status, b'value="/images?label=a"' in form.body) == (200, True)
    wrong = sign_in(here, "guess", page)
    assert (wrong.status, b"the password" in wrong.body) == (401, True)
    assert "set-cookie" not in wrong.headers
    done = here.ask(
        "POST", "/sign-in", FORM | page, urlencode({"password": PASSWORD, "back": "/images"}).encode()
    )
    assert (done.status, done.headers["location"]) == (303, "/images")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(done.headers["set-cookie"].split("; "))
    signed_in = cookie_of(done)
    assert here.ask("GET", "/images", page | signed_in).status == 200
    assert b"/sign-out" in here.ask("GET", "/images", page | signed_in).body
    out = here.ask("POST", "/sign-out", signed_in | page)
    assert (out.status, out.headers["location"]) == (303, "/sign-in")
    assert 'image_search_session=""' in out.headers["set-cookie"]


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\nb"])
def test_signing_in_leads_nowhere_else(start: Start, back: str) -> None:
    here = start(access_password=PASSWORD)
    done = here.ask("POST", "/sign-in", FORM, urlencode({"password": PASSWORD, "back": back}).encode())
    assert (done.status, done.headers["location"]) == (303, "/")


def test_a_hash_of_the_password_does_too(start: Start) -> None:
    here = start(access_password=hashed(PASSWORD))
    assert sign_in(here).status == 303
    assert sign_in(here, hashed(PASSWORD)).status == 401
    assert sign_in(here, "x" * 100_000).status in (400, 401)


def test_a_cookie_is_no_use_when_changed_or_after_another_password(start: Start) -> None:
    here = start(access_password=PASSWORD)
    good = cookie_of(sign_in(here))
    assert here.ask("GET", "/images", good).status == 200
    for bad in (
        good["Cookie"][:-2],
        good["Cookie"] + "x",
        "image_search_session=" + "a" * 5_000,
        "image_search_session=x.y.z",
    ):
        assert here.ask("GET", "/images", {"Cookie": bad}).status == 401
    assert start(access_password=PASSWORD).ask("GET", "/images", good).status == 200  # a restart
    assert start(access_password="another").ask("GET", "/images", good).status == 401
    told, other = good["Cookie"].split(".")[0], cookie_of(sign_in(start(access_password="x"), "x"))["Cookie"]
    assert other.split(".")[0] == told  # whoever has it can't try passwords on it
    assert start(access_password=PASSWORD, session_days=1e-9).ask("GET", "/images", good).status in (200, 401)


def test_over_tls_the_cookie_is_for_tls_only(start: Start) -> None:
    here = start(access_password=PASSWORD)
    assert "Secure" not in sign_in(here).headers["set-cookie"]
    assert "Secure" in sign_in(here, headers={"X-Forwarded-Proto": "https"}).headers["set-cookie"]


def test_keys_do_what_their_right_is_and_no_more(start: Start) -> None:
    here = start(access_password=PASSWORD)
    read, write, admin = (key(here, right) for right in ("read", "write", "admin"))
    label = (FORM | {"Content-Type": "application/json"}, b'{"labels": ["a"]}')
    for have in (read, write, admin):
        assert here.ask("GET", "/images", have).status == 200
        assert here.ask("POST", "/", FORM | have, b"text=red").status == 200
        assert here.ask("GET", "/metrics", have).status == 200
    assert [here.ask("PATCH", "/images/1", label[0] | have, label[1]).status for have in (read, write)] == [
        403,
        200,
    ]
    assert [here.ask("DELETE", "/images?label=zz", have).status for have in (write, admin)] == [403, 200]
    assert [here.ask("GET", "/keys", have).status for have in (read, write, admin)] == [403, 403, 200]
    refused = here.ask("DELETE", "/images/3", read)
    assert "`write`" in refused.problem["detail"]


def test_a_key_is_shown_once_kept_as_a_hash_noted_and_revoked(start: Start, tmp_path: Path) -> None:
    here = start(access_password=PASSWORD)
    admin = cookie_of(sign_in(here))
    made = key(here, "write", **admin)
    secret = made["Authorization"].split()[1]
    (known,) = json.loads(here.ask("GET", "/keys", admin).body)["keys"]
    assert (known["name"], known["right"], known["used_at"]) == ("a script", "write", None)
    assert here.ask("GET", "/images", made).status == 200
    (known,) = json.loads(here.ask("GET", "/keys", admin).body)["keys"]
    assert known["used_at"]
    assert secret.encode() not in b"".join(
        file.read_bytes() for file in (tmp_path / "state").glob("catalog.db*")
    )
    page = here.ask("GET", "/keys", admin | {"Accept": "text/html"})
    assert (b"a script" in page.body, secret.encode() in page.body) == (True, False)
    assert here.ask("POST", f"/keys/{known['id']}/revoke", admin).status == 303
    assert here.ask("GET", "/images", made).status == 401
    assert here.ask("DELETE", f"/keys/{known['id']}", admin).status == 404


def test_a_key_made_on_the_page_is_shown_on_it(start: Start) -> None:
    here = start(access_password=PASSWORD)
    headers = FORM | cookie_of(sign_in(here)) | {"Accept": "text/html"}
    made = here.ask("POST", "/keys", headers, b"name=phone&right=read")
    assert (made.status, b"<code>isk_" in made.body, made.headers["cache-control"]) == (201, True, "no-store")


@pytest.mark.parametrize(("name", "status"), [("%00+%E2%80%AE", 422), ("a%00b%0A", 201), ("x" * 101, 422)])
def test_a_keys_name_can_be_read(start: Start, name: str, status: int) -> None:
    here = start()
    made = here.ask("POST", "/keys", FORM, f"name={name}".encode())
    assert made.status == status
    assert status != 201 or json.loads(made.body)["name"] == "ab"


def test_guessing_is_slowed_down(start: Start) -> None:
    here = start(access_password=PASSWORD)
    statuses = [sign_in(here, "guess").status for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    late = sign_in(here)
    assert (late.status, int(late.headers["retry-after"]) > 0) == (429, True)
    assert here.ask("GET", "/images", {"Authorization": "Bearer isk_guess"}).status == 429
    assert sign_in(here, headers={"X-Forwarded-For": "203.0.113.9"}).status == 303  # somebody else


def test_who_has_many_addresses_guesses_no_more_often(start: Start) -> None:
    here = start(access_password=PASSWORD)
    guesses = [
        sign_in(here, "guess", {"X-Forwarded-For": f"2001:db8::{number:x}"}).status for number in range(1, 12)
    ]
    assert guesses == [401] * 10 + [429]


def test_strangers_who_guess_keep_nobody_out_of_the_machine_itself(start: Start) -> None:
    here = start(access_password=PASSWORD)
    guesses = [sign_in(here, "guess", {"X-Forwarded-For": f"203.0.113.{n // 9}"}).status for n in range(61)]
    assert guesses == [401] * 60 + [429]
    assert sign_in(here, headers={"X-Forwarded-For": "198.51.100.7"}).status == 429
    assert sign_in(here).status == 303


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("POST", [("Host", "nas")], 401),
        ("POST", [("Host", "nas"), ("Origin", "http://evil.example")], 403),
        ("GET", [("Host", "nas"), ("Host", "localhost")], 400),
    ],
)
def test_a_page_that_is_refused_says_nothing_of_what_is_here(
    start: Start, method: str, headers: list[tuple[str, str]], status: int
) -> None:
    here = start(access_password=PASSWORD)
    answer = here.ask(method, "/", [*headers, ("Accept", "text/html"), *FORM.items()], host=None)
    assert answer.status == status
    assert answer.headers["content-type"].startswith("text/html")
    assert (b"average-colour" in answer.body, b"7 pictures" in answer.body) == (False, False)
    assert (b'action="/sign-in"' in answer.body) == (status == 401)


def test_a_link_signs_in(start: Start) -> None:
    here = start(access_token="a-secret", host="0.0.0.0")
    assert here.ask("GET", "/images").status == 401
    assert here.ask("GET", "/sign-in?token=wrong").status == 401
    link = here.ask("GET", "/sign-in?token=a-secret")
    assert (link.status, link.headers["location"]) == (303, "/")
    assert here.ask("GET", "/images", cookie_of(link)).status == 200
    assert here.ask("GET", "/images", {"Authorization": "Bearer a-secret"}).status == 200


def test_a_proxys_user_counts_from_named_proxies_only(start: Start) -> None:
    given = {"access_proxy_header": "Remote-User", "access_proxy_rights": "write"}
    said = {"Remote-User": "ada"}
    elsewhere = start(trusted_proxies="10.0.0.0/8", **given)
    assert elsewhere.ask("GET", "/images", said).status == 401
    assert elsewhere.ask("GET", "/images", said | {"X-Forwarded-For": "10.0.0.1"}).status == 401
    here = start(trusted_proxies="127.0.0.1", **given)
    assert here.ask("GET", "/images", said).status == 200
    assert here.ask("GET", "/keys", said).status == 403
    assert here.ask("GET", "/images", [("Remote-User", "ada"), ("Remote-User", "eve")]).status == 401
    rebound = here.ask("GET", "/images", said, host="evil.example")  # by a visitor's browser on this machine
    assert (rebound.status, "ALLOWED_HOSTS" in rebound.problem["detail"]) == (421, True)


def test_with_a_password_any_name_is_answered_and_a_foreign_page_still_is_not(start: Start) -> None:
    here = start(access_password=PASSWORD)
    signed_in = cookie_of(sign_in(here))
    assert here.ask("GET", "/images", signed_in, host="photos.example.org").status == 200
    foreign = {"Origin": "http://evil.example"}
    assert here.ask("POST", "/images/3/delete", FORM | signed_in | foreign, b"x=1").status == 403


def test_every_change_is_in_the_audit_log(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    here = start(access_password=PASSWORD)
    writer = key(here, "write")
    with caplog.at_level(logging.INFO, "audit"):
        here.ask("DELETE", "/images/3", writer)
        here.ask("GET", "/images", writer)
    said = [record.getMessage() for record in caplog.records if record.name == "audit"]
    assert len(said) == 1
    assert "a script (127.0.0.1): DELETE /images/3 204" in said[0]


def test_who_signs_in_or_may_not_is_in_the_audit_log_and_no_secret(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    here = start(access_password=PASSWORD, access_token="a-secret", host="0.0.0.0")
    reader = key(here, "read")
    with caplog.at_level(logging.DEBUG):
        sign_in(here)
        sign_in(here, "a wrong guess")
        here.ask("GET", "/sign-in?token=a-secret")
        here.ask("GET", "/sign-in")
        here.ask("DELETE", "/images/3", reader)
        made = json.loads(here.ask("POST", "/keys", FORM | cookie_of(sign_in(here)), b"name=x").body)["key"]
        here.ask("GET", "/images", {"Authorization": f"Bearer {made}"})
    lines = [record.getMessage() for record in caplog.records if record.name == "audit"]
    assert [line.partition(": ")[2] for line in lines] == [
        "POST /sign-in 303",
        "POST /sign-in 401",
        "GET /sign-in 303",
        "DELETE /images/3 403",
        "POST /sign-in 303",
        "POST /keys 201",
    ]
    logged = "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    for secret in (PASSWORD, "correct+horse", "a wrong guess", "a+wrong", "a-secret", made):
        assert secret not in logged


def test_no_spelling_of_an_address_gets_around_its_right(start: Start) -> None:
    here = start(access_password=PASSWORD)
    write = key(here, "write")
    for path in (
        "/keys",
        "/keys/",
        "/keys//",
        "/keys%0A",
        "/keys%0A/",
        "//keys",
        "/KEYS",
        "/images/..%2Fkeys",
        "/%6Beys",
    ):
        answer = here.ask("POST", path, FORM | write, b"name=x&right=admin")
        assert answer.status in (400, 403, 404, 405), path
    assert len(json.loads(here.ask("GET", "/keys", cookie_of(sign_in(here))).body)["keys"]) == 1
    for path in (
        "/images%0A",
        "/images/",
        "/static/..%2Fimages",
        "/healthz/..%2F..%2Fimages",
        "/sign-in/..%2F..%2Fimages",
    ):
        assert here.ask("GET", path).status in (400, 401, 404), path


def test_the_command_line_makes_lists_and_revokes_keys(
    start: Start, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = start(access_password=PASSWORD)
    monkeypatch.setenv("IMAGE_SEARCH_URL", f"http://127.0.0.1:{here.port}")
    assert main(["models"]) == 1
    assert "Sign in" in capsys.readouterr().err
    monkeypatch.setenv("IMAGE_SEARCH_KEY", key(here, "admin")["Authorization"].split()[1])
    assert main(["keys", "make", "backup", "--right", "write"]) == 0
    made = capsys.readouterr().out.strip()
    assert here.ask("GET", "/images", {"Authorization": f"Bearer {made}"}).status == 200
    assert main(["keys", "--json"]) == 0
    (_, backup) = json.loads(capsys.readouterr().out)["keys"]
    assert (backup["name"], backup["right"]) == ("backup", "write")
    assert main(["keys", "revoke", str(backup["id"])]) == 0
    assert here.ask("GET", "/images", {"Authorization": f"Bearer {made}"}).status == 401


def test_the_python_client_signs_in(start: Start) -> None:
    here = start(access_password=PASSWORD)
    with ImageSearch(f"http://127.0.0.1:{here.port}") as images:
        with pytest.raises(ImageSearchError, match="Sign in"):
            images.keys()
        images.sign_in(PASSWORD)
        made = images.make_key("phone")
    with ImageSearch(f"http://127.0.0.1:{here.port}", key=made) as images:
        assert len(list(images.images())) == 7


def test_opened_wider_without_a_way_in_it_stops_with_one_line(tmp_path: Path) -> None:
    environment = os.environ | {"IMAGE_SEARCH_HOME": str(tmp_path), "AGG_FASTAPI_HOST": "0.0.0.0"}
    command = [sys.executable, "-m", "aggregate_service"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "ACCESS_PASSWORD" in ended.stderr
    assert not list(tmp_path.iterdir())
