"""Adding content that was read already, and bringing back what was deleted: the same content is one row."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from aggregate_service.catalogue.deletions import include, let_in
from aggregate_service.catalogue.pictures import (
    NewRow,
    insert_rows,
    labels_of,
    load,
    replace_labels,
    take_ids,
)
from aggregate_service.catalogue.places import (
    attach,
    attach_link,
    detach,
    forget,
    merge,
    move,
    seen,
    set_all_facts,
)
from aggregate_service.catalogue.records import (
    Facts,
    Known,
    NewPicture,
    Picture,
    Place,
    Restorable,
    moment_of,
    sort_name,
)
from aggregate_service.catalogue.tables import deleted, pictures, roots
from aggregate_service.errors import NothingToRestore
from picture_files.metadata import Metadata, Taken


def id_of(db: Connection, sha256: str) -> int | None:
    return db.scalar(select(pictures.c.id).where(pictures.c.sha256 == sha256))


def add(db: Connection, new: NewPicture) -> tuple[Picture, bool]:
    """The picture with this content, and whether it is new; a known one gains place, link and labels."""
    if new.place.root_id is None:  # brought in on purpose
        let_in(db, new.facts.sha256)
    known = id_of(db, new.facts.sha256)
    created = known is None
    if known is None:
        (known,) = take_ids(db, 1)
        detach(db, [new.place.key])
        insert_rows(db, [(known, NewRow(new.place, new.facts, new.title_if_new, new.source_url))])
    else:
        attach(db, known, new.place, new.facts)
        _fill_in(db, known, new.title, new.source_url)
    if new.source_url:
        attach_link(db, known, new.source_url)
    if new.labels:
        replace_labels(db, known, (*labels_of(db, [known]).get(known, ()), *new.labels))
    return load(db, [known])[known], created


def add_all(db: Connection, new: Sequence[NewPicture]) -> list[tuple[int, bool]]:
    """`add` for each in turn; those whose content nobody has, nearly all, together. The ids."""
    for one in new:
        if one.place.root_id is None:  # brought in on purpose
            let_in(db, one.facts.sha256)
    known = _holders(db, [one.facts.sha256 for one in new])
    fresh: dict[str, NewPicture] = {}
    for one in new:
        if one.facts.sha256 not in known:
            fresh.setdefault(one.facts.sha256, one)
    plain = [one for one in fresh.values() if not one.source_url and not one.labels]
    detach(db, [one.place.key for one in plain])
    rows = []
    for id_, one in zip(take_ids(db, len(plain)), plain, strict=True):
        rows.append((id_, NewRow(one.place, one.facts, one.title_if_new)))
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
        set_all_facts(db, {picture_id: facts})
        return picture_id
    if (merged := load(db, [picture_id]).get(picture_id)) is not None:  # not deleted meanwhile
        labels = (*labels_of(db, [other]).get(other, ()), *merged.labels)
        _fill_in(db, other, merged.title, merged.source_url)
        seen(db, {merged.place: facts})
        merge(db, picture_id, other)
        replace_labels(db, other, labels)
    return other


def describe_all(db: Connection, read: Sequence[tuple[int, Facts]]) -> list[int]:
    """`describe` for each in turn; those whose content nobody has, nearly all, together."""
    known = _holders(db, [facts.sha256 for _, facts in read])
    plain: dict[int, Facts] = {}
    for picture_id, facts in read:
        if known.setdefault(facts.sha256, picture_id) == picture_id:
            plain[picture_id] = facts
    set_all_facts(db, plain)
    return [id_ if id_ in plain else describe(db, id_, facts) for id_, facts in read]


def replace_content(db: Connection, place: Place, known: Known, facts: Facts) -> int:
    """The file has another content than the picture that it was of. The id of the picture that it is now.

    With the same pixels (a tag was written) that picture goes on, and is to be embedded anew only if it may
    look different now. Else it is another one; the old picture keeps what was said of it, missing until its
    content comes back.
    """
    other = id_of(db, facts.sha256)
    if other is None and _same_pixels(known.pixels, facts.pixels) and not known.shared:
        if known.pixels != facts.pixels:
            forget(db, [known.picture_id])
        set_all_facts(db, {known.picture_id: facts})
        return known.picture_id
    if other is None:
        detach(db, [place.key])
        (other,) = take_ids(db, 1)
        insert_rows(db, [(other, NewRow(place, facts))])
        return other
    move(db, place, other)
    seen(db, {place: facts})
    return other


def _same_pixels(one: str | None, other: str | None) -> bool:
    """However they look: the part behind the dot, which older versions didn't note."""
    return None not in (one, other) and str(one).partition(".")[0] == str(other).partition(".")[0]


def _holders(db: Connection, contents: Sequence[str]) -> dict[str, int]:
    """Which picture has each of these contents, where one has it."""
    query = select(pictures.c.sha256, pictures.c.id).where(pictures.c.sha256.in_(contents))
    return {row.sha256: row.id for row in db.execute(query)}


def restore(db: Connection, old: Restorable) -> Picture:
    """As a new picture: same places, links, title and labels. The note of its deletion goes.

    `NothingToRestore` when all its folders aren't served any more.
    """
    there = {None, *db.scalars(select(roots.c.id).where(~roots.c.forgotten))}
    files = [place for place in old.places if place.root_id in there]
    if not files:
        raise NothingToRestore(old.picture.id)
    include(db, files)
    if old.picture.sha256 is not None:
        let_in(db, old.picture.sha256)
    main = old.picture.place if old.picture.place in files else files[0]
    if old.picture.sha256 is None:
        detach(db, [main.key])
        (id_,) = take_ids(db, 1)
        insert_rows(db, [(id_, NewRow(main, title=old.picture.title))])
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
    taken = moment_of(picture.taken)
    facts = Facts(
        size=picture.size or 0,
        mtime_ns=picture.mtime_ns or 0,
        sha256=picture.sha256 or "",
        width=picture.width or 0,
        height=picture.height or 0,
        pixels=picture.pixels,
        media_type=picture.media_type,
        metadata=Metadata(
            None if taken is None or picture.taken_guessed else Taken(taken, picture.taken_offset),
            picture.camera,
            picture.has_position,
        ),
    )
    return NewPicture(main, facts, picture.title, picture.source_url, picture.labels)


def _fill_in(db: Connection, picture_id: int, title: str | None, source_url: str | None) -> None:
    """What somebody said of it before stays; what is said first now is taken."""
    for column, value in ((pictures.c.title, title), (pictures.c.source_url, source_url)):
        if value:
            missing = (pictures.c.id == picture_id, column.is_(None))
            values = {column.name: value} | ({"name": sort_name(title, "")} if column.name == "title" else {})
            db.execute(update(pictures).where(*missing).values(values))


def undescribed(db: Connection, after: int, limit: int) -> list[Picture]:
    unsaid = (pictures.c.media_type.is_(None), pictures.c.sha256.is_not(None), pictures.c.id > after)
    ids = db.scalars(select(pictures.c.id).where(*unsaid).order_by(pictures.c.id).limit(limit))
    return list(load(db, ids).values())


def redescribe(db: Connection, read: Mapping[int, Facts]) -> None:
    rows = [
        {"described": id_} | {name: facts.columns[name] for name in Facts.SAID} for id_, facts in read.items()
    ]
    if rows:
        said: dict[str, Any] = {name: bindparam(name) for name in Facts.SAID}
        db.execute(update(pictures).where(pictures.c.id == bindparam("described")).values(said), rows)
