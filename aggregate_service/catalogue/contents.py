"""Adding content that was read already, and bringing back what was deleted: the same content is one row."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select, update

from aggregate_service.catalogue.deletions import include
from aggregate_service.catalogue.pictures import (
    NewRow,
    insert_rows,
    labels_of,
    load,
    replace_labels,
    take_ids,
)
from aggregate_service.catalogue.places import attach, attach_link, detach, merge, set_all_facts, set_facts
from aggregate_service.catalogue.records import Facts, NewPicture, Picture, Place, Restorable
from aggregate_service.catalogue.tables import deleted, pictures, roots
from aggregate_service.errors import NothingToRestore


def id_of(db: Connection, sha256: str) -> int | None:
    return db.scalar(select(pictures.c.id).where(pictures.c.sha256 == sha256))


def add(db: Connection, new: NewPicture) -> tuple[Picture, bool]:
    """The picture with this content, and whether it is new; a known one gains place, link and labels."""
    known = id_of(db, new.facts.sha256)
    created = known is None
    if known is None:
        (known,) = take_ids(db, 1)
        detach(db, [new.place.key])
        values = vars(new.facts) | {"title": new.title_if_new, "source_url": new.source_url}
        insert_rows(db, [(known, NewRow(new.place, values))])
    else:
        attach(db, known, new.place, new.facts.mtime_ns)
        _fill_in(db, known, new.title, new.source_url)
    if new.source_url:
        attach_link(db, known, new.source_url)
    if new.labels:
        replace_labels(db, known, (*labels_of(db, [known]).get(known, ()), *new.labels))
    return load(db, [known])[known], created


def add_all(db: Connection, new: Sequence[NewPicture]) -> list[tuple[int, bool]]:
    """`add` for each in turn; those whose content nobody has, nearly all, together. The ids."""
    known = _holders(db, [one.facts.sha256 for one in new])
    fresh: dict[str, NewPicture] = {}
    for one in new:
        if one.facts.sha256 not in known:
            fresh.setdefault(one.facts.sha256, one)
    plain = [one for one in fresh.values() if not one.source_url and not one.labels]
    detach(db, [one.place.key for one in plain])
    rows = []
    for id_, one in zip(take_ids(db, len(plain)), plain, strict=True):
        rows.append((id_, NewRow(one.place, vars(one.facts) | {"title": one.title_if_new})))
        known[one.facts.sha256] = id_
    insert_rows(db, rows)
    made = {id(one) for one in plain}
    added = []
    for one in new:
        if id(one) in made:
            added.append((known[one.facts.sha256], True))
        else:
            picture, created = add(db, one)
            added.append((picture.id, created))
    return added


def describe(db: Connection, picture_id: int, facts: Facts) -> int:
    """What was read of a picture; the id of the row that has this content, which may be another one's."""
    other = id_of(db, facts.sha256)
    if other is None or other == picture_id:
        set_facts(db, picture_id, facts)
        return picture_id
    if (merged := load(db, [picture_id]).get(picture_id)) is not None:  # not deleted meanwhile
        labels = (*labels_of(db, [other]).get(other, ()), *merged.labels)
        _fill_in(db, other, merged.title, merged.source_url)
        merge(db, picture_id, other, facts.mtime_ns)
        replace_labels(db, other, labels)
    return other


def describe_all(db: Connection, read: Sequence[tuple[int, Facts]]) -> list[int]:
    """`describe` for each in turn; those whose content no other row has, nearly all, together."""
    holders = _holders(db, [facts.sha256 for _, facts in read])
    was = {id_: sha256 for sha256, id_ in holders.items()}
    if any(was.get(id_, facts.sha256) != facts.sha256 for id_, facts in read):
        return [describe(db, id_, facts) for id_, facts in read]  # contents changed places: order matters
    own = {id_: facts for id_, facts in read if holders.setdefault(facts.sha256, id_) == id_}
    set_all_facts(db, own)
    return [id_ if id_ in own else describe(db, id_, facts) for id_, facts in read]


def _holders(db: Connection, contents: Sequence[str]) -> dict[str, int]:
    """Which picture has each of these contents, where one has it."""
    query = select(pictures.c.sha256, pictures.c.id).where(pictures.c.sha256.in_(contents))
    return {row.sha256: row.id for row in db.execute(query)}


def restore(db: Connection, old: Restorable) -> Picture:
    """As a new picture: same places, links, title and labels. The note of its deletion goes.

    `NothingToRestore` when all its folders aren't served any more.
    """
    there = {None, *db.scalars(select(roots.c.id))}
    files = [place for place in old.places if place.root_id in there]
    if not files:
        raise NothingToRestore(old.picture.id)
    include(db, files)
    main = old.picture.place if old.picture.place in files else files[0]
    if old.picture.sha256 is None:
        detach(db, [main.key])
        (id_,) = take_ids(db, 1)
        insert_rows(db, [(id_, NewRow(main, {"title": old.picture.title}))])
    else:
        id_ = add(db, _as_new(old.picture, main))[0].id
    for place in files:
        if place != main:
            attach(db, id_, place, None)
    for url in old.links:
        attach_link(db, id_, url)
    replace_labels(db, id_, (*labels_of(db, [id_]).get(id_, ()), *old.picture.labels))
    db.execute(delete(deleted).where(deleted.c.id == old.picture.id))
    return load(db, [id_])[id_]


def _as_new(picture: Picture, main: Place) -> NewPicture:
    facts = Facts(
        size=picture.size or 0,
        mtime_ns=picture.mtime_ns or 0,
        sha256=picture.sha256 or "",
        width=picture.width or 0,
        height=picture.height or 0,
    )
    return NewPicture(main, facts, picture.title, picture.source_url, picture.labels)


def _fill_in(db: Connection, picture_id: int, title: str | None, source_url: str | None) -> None:
    """What somebody said of it before stays; what is said first now is taken."""
    for column, value in ((pictures.c.title, title), (pictures.c.source_url, source_url)):
        if value:
            missing = (pictures.c.id == picture_id, column.is_(None))
            db.execute(update(pictures).where(*missing).values({column.name: value}))
