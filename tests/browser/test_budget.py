"""What the first visit costs: bytes, requests, and what the first paint waits for.

How long it takes is measured by `make bench-page`.
"""

import pytest
from playwright.sync_api import Response

from tests.browser.conftest import Opener

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", ["/", "/search?text=a+bus", "/images", "/status"])
def test_the_first_load_stays_within_its_budget(open_page: Opener, address: str, path: str) -> None:
    page = open_page(f"{address}/static/favicon.svg").page
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    slowly = page.context.new_cdp_session(page)  # so that it is painted before all of it is here
    slowly.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    page.goto(address + path, wait_until="networkidle")
    own = [answer for answer in answers if "/images/" not in answer.url]
    assert sum(answer.request.sizes()["responseBodySize"] for answer in own) <= 60_000
    assert len(own) <= 18
    kept = [answer for answer in own if "/static/" in answer.url]
    assert all("immutable" in (answer.header_value("cache-control") or "") for answer in kept)
    shift = page.evaluate(
        """() => new Promise((resolve) => {
            let sum = 0;
            new PerformanceObserver((list) => list.getEntries().forEach((entry) => (sum += entry.value)))
                .observe({ type: "layout-shift", buffered: true });
            setTimeout(() => resolve(sum), 200);
        })"""
    )
    assert shift < 0.02
    blocking = page.evaluate(
        """() => performance.getEntriesByType("resource")
            .filter((resource) => resource.renderBlockingStatus === "blocking")
            .map((resource) => new URL(resource.name).pathname.split("/").at(-1))"""
    )
    assert blocking == ["style.css"]
