"""Who gets HTML, who gets JSON."""

import pytest

from aggregate_service.web.routes.negotiation import prefers_html


@pytest.mark.parametrize(
    ("accept", "html"),
    [
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("text/html", True),
        ("text/*", True),
        ("TEXT/HTML; charset=utf-8", True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", True),
        ("application/json, text/html", False),
        ("text/html, application/json", True),
        ("text/html;q=0.5, application/json", False),
        ("text/html;q=0.5, application/json;q=0.4", True),
        ("text/html;q=0.9, */*", False),
        ("text/html;q=0, */*", False),
        ("text/html;q=0", False),
        ("*/*, text/html", True),
        ("application/json, text/plain, */*", False),
        ("text/html;level=1;q=0.3, application/json;q=0.2", True),
        ("text/html;q=nan, application/json", False),
        ("text/html;q=abc", False),
        ("text/html;q=2", False),
        ("image/png", False),
        ("rubbish, ;;, /, text/", False),
    ],
)
def test_accept_decides(accept: str, html: bool) -> None:
    assert prefers_html(accept) is html
