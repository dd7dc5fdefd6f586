"""A short walk in another engine: Debian's Firefox."""

from pathlib import Path

import pytest

from tests.browser.bidi import FIREFOX, Tab, firefox
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not FIREFOX.exists(), reason=f"no {FIREFOX}: install Debian's firefox-esr"),
]
READY = "'ready' in document.documentElement.dataset"
ENTER = "\ue007"


def until(tab: Tab, script: str) -> None:
    wait_until(lambda: tab.evaluate(script), script)


def test_searching_opening_and_going_back(address: str, tmp_path: Path) -> None:
    with firefox(tmp_path) as tab:
        tab.goto(address)
        until(tab, READY)
        assert tab.evaluate("document.querySelectorAll('.recent .rows img').length") >= 30
        tab.type("/a bus" + ENTER)
        until(tab, f"location.pathname === '/search' && {READY}")
        assert tab.evaluate("document.querySelector('h1').textContent") == "Pictures like a bus"
        tab.click(".rows a.open")
        until(tab, "document.querySelector('dialog[open] .panel') !== null")
        assert tab.evaluate("location.hash") == "#picture-0"
        tab.back()
        until(tab, "!document.querySelector('dialog').open")
        assert tab.evaluate("location.pathname") == "/search"
        tab.back()
        until(tab, f"location.pathname === '/' && {READY}")
        tab.goto(f"{address}/images?sort=taken")
        until(tab, READY)
        assert tab.evaluate("document.querySelector('.grip').ariaValueText") == "November 2026"
        tab.click(".choose-some")
        tab.click(".rows a.open")
        assert tab.evaluate("document.querySelector('.chosen-count').textContent") == "1 selected"
