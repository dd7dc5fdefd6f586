"""The manifest, the service worker and the page without a connection."""

import pytest
from fastapi.testclient import TestClient

from aggregate_service.web.page.messages import LANGUAGES, messages
from aggregate_service.web.page.pages import GROUNDS
from frontend import STATIC, shell, static_version


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_manifest_names_the_app_in_its_language(shared_client: TestClient, language: str) -> None:
    answer = shared_client.get(f"/manifest.webmanifest?language={language}")
    assert answer.headers["content-type"] == "application/manifest+json"
    manifest = answer.json()
    assert (manifest["lang"], manifest["name"]) == (language, messages(language)("product"))
    assert not any(str(manifest[name]).startswith("/") for name in ("start_url", "scope"))  # below any path
    for icon in manifest["icons"]:
        assert shared_client.get(f"/{icon['src']}").headers["content-type"] == icon["type"]


def test_another_language_is_english(shared_client: TestClient) -> None:
    assert shared_client.get("/manifest.webmanifest?language=xx").json()["lang"] == "en"


def test_the_worker_is_another_one_with_each_version(shared_client: TestClient) -> None:
    answer = shared_client.get("/service-worker.js?language=de")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    assert f'from "./static/{static_version()}/worker.js"' in answer.text
    assert "/offline?language=de" in answer.text
    assert all(shared_client.get(f"/static/{static_version()}/{name}").is_success for name in shell())


def test_the_page_without_a_connection_says_nothing_of_anybody(shared_client: TestClient) -> None:
    page = shared_client.get("/offline?language=de", headers={"accept": "text/html"})
    assert "Keine Verbindung" in page.text
    assert 'action="/sign-out"' not in page.text


def test_an_apps_frame_has_the_pages_colours() -> None:
    style = (STATIC / "style.css").read_text("utf-8")
    assert all(f"--ground: {colour};" in style for colour in GROUNDS.values())
