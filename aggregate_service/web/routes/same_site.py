"""Forms that change something are taken from our own pages only: no foreign page may send one in passing."""

from typing import Annotated

from fastapi import Depends, Header

from aggregate_service.errors import ForeignForm


def own_page(sec_fetch_site: Annotated[str | None, Header(include_in_schema=False)] = None) -> None:
    """Browsers say where a request comes from, and no page can change that; programs say nothing."""
    if sec_fetch_site in ("cross-site", "same-site"):
        raise ForeignForm


FromOwnPage = Depends(own_page)
