"""Sentences in the catalogue keep their names; plain text stays plain."""

import pytest
from sqlalchemy import insert, select, text

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.catalogue.tables import job_items, jobs
from service_kit.messages.message import Message, message

CUT = message("damaged-picture", format="PNG", error="it ends")


@pytest.mark.parametrize("said", [None, "An older release's words.", "{", '{"type": 7}', CUT])
def test_an_error_comes_back_as_it_was(catalog: Catalog, said: str | None) -> None:
    with catalog.transaction() as db:
        db.execute(insert(jobs).values(id="j", kind="upload", params="{}", state="done", created_at=0))
        db.execute(insert(job_items).values(job_id="j", number=0, payload="{}", state="failed", error=said))
        found = db.scalar(select(job_items.c.error))
    assert found == said
    assert isinstance(found, Message) == isinstance(said, Message)


def test_it_is_kept_with_its_english_for_whoever_reads_the_table(catalog: Catalog) -> None:
    with catalog.transaction() as db:
        db.execute(insert(jobs).values(id="j", kind="upload", params="{}", state="done", created_at=0))
        db.execute(insert(job_items).values(job_id="j", number=0, payload="{}", state="failed", error=CUT))
        assert CUT in str(db.scalar(text("SELECT error FROM job_items")))
