"""The catalogue: which pictures there are, where, and which are indexed where. Ids never come back."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection, insert, select, update

from aggregate_service.catalogue import contents as content_rows
from aggregate_service.catalogue import deletions as deleted_rows
from aggregate_service.catalogue import duplicates as duplicate_rows
from aggregate_service.catalogue import memberships, timeline
from aggregate_service.catalogue import missing as missing_rows
from aggregate_service.catalogue import pictures as picture_rows
from aggregate_service.catalogue.chosen import choose, without_pictures
from aggregate_service.catalogue.database import Database
from aggregate_service.catalogue.deletions import Discard
from aggregate_service.catalogue.duplicates import DuplicatesPage
from aggregate_service.catalogue.filters import PictureFilter
from aggregate_service.catalogue.orders import Sort
from aggregate_service.catalogue.paging import Page, count, slice_of
from aggregate_service.catalogue.pictures import NewRow
from aggregate_service.catalogue.records import (
    Facts,
    NewPicture,
    Picture,
    Place,
    Restorable,
    digits_of,
    link_key,
    sort_name,
)
from aggregate_service.catalogue.roots import Roots
from aggregate_service.catalogue.suggestions import Kind, suggestions
from aggregate_service.catalogue.tables import collections, pictures, places, settings
from aggregate_service.catalogue.timeline import Month
from aggregate_service.errors import NothingToRestore
from service_kit.messages.message import Message

__all__ = ["Catalog", "Facts", "NewPicture", "Picture", "PictureFilter", "Place", "Restorable"]
EVERYTHING = PictureFilter()
_IDENTITY = "catalogue_id"


class Catalog:
    """Safe to use from several threads, and beside other processes on the same database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.roots = Roots(database)
        self._identity: str | None = None

    def close(self) -> None:
        self.database.close()

    def transaction(self) -> AbstractContextManager[Connection]:
        """All or nothing; may be nested, the outermost decides."""
        return self.database.transaction()

    def get(self, name: str) -> str | None:
        with self.database.reading() as db:
            return db.scalar(select(settings.c.value).where(settings.c.name == name))

    def put(self, name: str, value: str) -> None:
        with self.transaction() as db:
            if not db.execute(update(settings).where(settings.c.name == name).values(value=value)).rowcount:
                db.execute(insert(settings), [{"name": name, "value": value}])

    def identity(self) -> str:
        """What tells this catalogue from every other, wherever it is copied to; made once."""
        if self._identity is None:
            with self.transaction():
                if self.get(_IDENTITY) is None:
                    self.put(_IDENTITY, uuid4().hex)
                self._identity = self.get(_IDENTITY)
        return self._identity or ""

    def inherit(self, identity: str) -> None:
        """Go on as the catalogue with this identity, whose pictures were imported."""
        self.put(_IDENTITY, identity)
        self._identity = identity

    # --- adding and describing

    def add(self, new: Sequence[Place | None]) -> list[int]:
        """Rows for files that weren't read yet; a None uses up an id. Returns the ids, consecutive."""
        with self.database.changing() as db:
            ids = picture_rows.take_ids(db, len(new))
            rows = [(id_, NewRow(place)) for id_, place in zip(ids, new, strict=True) if place]
            picture_rows.insert_rows(db, rows)
        return list(ids)

    def add_unknown(self, files: Sequence[Place]) -> None:
        """Rows for those files that have none; others may have added some since somebody looked."""
        with self.database.changing() as db:
            there = picture_rows.places_among(db, files)
            self.add([place for place in files if place.key not in there])

    def add_content(self, new: NewPicture) -> tuple[Picture, bool]:
        """The picture with this content, and whether it is new; a known one gains place, link and labels."""
        with self.database.changing() as db:
            return content_rows.add(db, new)

    def add_contents(self, new: Sequence[NewPicture]) -> Iterator[tuple[int, bool]]:
        """The same for many, in a few statements; the id of each, in their order. All or nothing."""
        with self.database.changing() as db:
            return iter(content_rows.add_all(db, new))

    def describe(self, picture_id: int, facts: Facts) -> int:
        """Fill in what was found when the picture was read from its main place.

        The id of the picture that has this content: another one's when that was known already; the places
        of this one are then its, and this one is gone.
        """
        with self.database.changing() as db:
            return content_rows.describe(db, picture_id, facts)

    def describe_all(self, read: Sequence[tuple[int, Facts]]) -> list[int]:
        """The same for many, in a few statements; the id of each, in their order. All or nothing."""
        with self.database.changing() as db:
            return content_rows.describe_all(db, read)

    def undescribed(self, after: int, limit: int = 200) -> list[Picture]:
        """Read by a version that didn't note when and with what: the next of them, rising."""
        with self.database.reading() as db:
            return content_rows.undescribed(db, after, limit)

    def redescribe(self, read: Mapping[int, Facts]) -> None:
        """What these pictures, which are as they were, say of themselves."""
        with self.transaction() as db:
            content_rows.redescribe(db, read)

    def set_title(self, picture_id: int, title: str | None) -> None:
        with self.transaction() as db:
            path = db.scalar(select(pictures.c.path).where(pictures.c.id == picture_id)) or ""
            values = {"title": title or None, "name": sort_name(title, path)}
            db.execute(update(pictures).where(pictures.c.id == picture_id).values(values))

    def set_taken(self, picture_id: int, at: datetime) -> None:
        """As a person says it, by the clock of the place where it was taken."""
        offset = at.utcoffset()
        minutes = None if offset is None else offset // timedelta(minutes=1)
        values = {"taken": digits_of(at), "taken_offset": minutes, "taken_guessed": False}
        with self.transaction() as db:
            db.execute(update(pictures).where(pictures.c.id == picture_id).values(values))

    def set_labels(self, picture_id: int, labels: Iterable[str]) -> None:
        """These and no others."""
        with self.transaction() as db:
            picture_rows.replace_labels(db, picture_id, labels)

    def change_labels(self, ids: Iterable[int], add: Sequence[str], remove: Sequence[str]) -> int:
        """Of many pictures; how many of these there are."""
        with self.transaction() as db:
            return picture_rows.change_labels(db, ids, add, remove)

    # --- asking

    def suggestions(self, kind: Kind, prefix: str, limit: int = 10) -> list[str]:
        """Labels, folders or cameras that begin like this."""
        with self.database.reading() as db:
            return suggestions(db, kind, prefix, limit)

    def picture(self, picture_id: int) -> Picture | None:
        return self.pictures([picture_id]).get(picture_id)

    def pictures(self, ids: Iterable[int]) -> dict[int, Picture]:
        """The rows with these ids, by id; ids that aren't in the catalogue are left out."""
        with self.database.reading() as db:
            return picture_rows.load(db, ids)

    def count(self) -> int:
        with self.database.reading() as db:
            return picture_rows.count_rows(db)

    def page(
        self,
        wanted: PictureFilter = EVERYTHING,
        cursor: str | None = None,
        limit: int = 16,
        sort: Sort = "added",
    ) -> Page:
        """`InvalidRequest` for a cursor that no page of this order gave."""
        with self.database.reading() as db:
            chosen = choose(db, wanted)
            part = slice_of(db, chosen, cursor, limit, sort)
            shown = list(picture_rows.load(db, part.ids).values())
            total, exact = count(db, chosen, part) if wanted else (picture_rows.count_rows(db), True)
        return Page(total, shown, part.next, part.previous, exact)

    def taken(self, ids: Iterable[int]) -> dict[int, int]:
        """When these were taken, as digits."""
        with self.database.reading() as db:
            return picture_rows.taken(db, ids)

    def months(self) -> list[Month]:
        """How many pictures were taken in each month, newest first."""
        with self.database.reading() as db:
            return timeline.months(db)

    def newest(self, most_months: int, most: int) -> list[Picture]:
        """The newest pictures of the newest months that pictures were taken in."""
        with self.database.reading() as db:
            return list(picture_rows.load(db, timeline.newest(db, most_months, most)).values())

    def matching_ids(self, wanted: PictureFilter, collection: str | None = None) -> list[int]:
        """Rising ids of the pictures that are meant; with a collection: those that are indexed in it."""
        with self.database.reading() as db:
            return memberships.matching(db, wanted, collection)

    def hidden(self) -> list[int]:
        """The pictures that are missing or out of reach, rising."""
        with self.database.reading() as db:
            return missing_rows.hidden_ids(db)

    def missing(self, before: float | None = None, *, unreachable: bool = False) -> list[int]:
        """Pictures that have been missing since before then, or those that nobody could look for."""
        with self.database.reading() as db:
            return missing_rows.missing(db, before, unreachable)

    def missing_since(self) -> float | None:
        """When the first of those that are missing now went."""
        with self.database.reading() as db:
            return missing_rows.first(db)

    def count_missing_since(self, moment: float) -> int:
        """Of how many the last file went then or later, and hasn't come back."""
        with self.database.reading() as db:
            return missing_rows.count_since(db, moment)

    def hidden_counts(self) -> tuple[int, int]:
        """How many pictures are missing, and how many are out of reach."""
        with self.database.reading() as db:
            return missing_rows.counts(db)

    def without_pictures(self, wanted: PictureFilter) -> list[Message]:
        """What to say of a filter that means no picture."""
        with self.database.reading() as db:
            return without_pictures(db, wanted)

    def by_sha256(self, sha256: str) -> Picture | None:
        with self.database.reading() as db:
            return self._loaded(db, content_rows.id_of(db, sha256))

    def by_url(self, url: str) -> Picture | None:
        """The picture that was last downloaded from this link."""
        return self.by_place(link_key(url))

    def by_place(self, place: Place | str) -> Picture | None:
        key = place.key if isinstance(place, Place) else place
        with self.database.reading() as db:
            found = db.scalar(select(places.c.picture_id).where(places.c.place == key))
            return self._loaded(db, found)

    # --- membership of collections

    def avoid_ids(self, ids: Collection[int]) -> None:
        """Give none of these to a new picture: somebody else's vectors lie under them."""
        with self.database.changing() as db:
            missing = max(ids, default=-1) + 1 - picture_rows.take_ids(db, 0).start
            if missing > 0:
                picture_rows.take_ids(db, missing)

    def searchable_contents(self, contents: Collection[str], collection: str) -> set[str]:
        """Those of these contents, by SHA-256, whose picture is indexed in the collection."""
        with self.database.reading() as db:
            return memberships.contents(db, collection, contents)

    def use_collection(self, collection: str) -> None:
        """To be called before the first vector is sent there: a deletion reaches it from then on."""
        with self.transaction() as db:
            memberships.use(db, collection)

    def mark_indexed(self, collection: str, ids: Iterable[int]) -> set[int]:
        """The ids that are marked; vectors of others belong to pictures that are gone: delete them again."""
        with self.transaction() as db:
            return memberships.mark(db, collection, ids)

    def unmark_indexed(self, collection: str, ids: Iterable[int]) -> None:
        with self.transaction() as db:
            memberships.unmark(db, collection, ids)

    def indexed(self, collection: str) -> set[int]:
        with self.database.reading() as db:
            return memberships.members(db, collection)

    def searchable_count(self, collection: str) -> int:
        """How many pictures can be found in the collection."""
        with self.database.reading() as db:
            return memberships.count_shown(db, collection)

    def pending(self, collection: str) -> list[Picture]:
        """The pictures that the collection lacks, by id, without labels."""
        with self.database.reading() as db:
            return memberships.lacking(db, collection)

    def portable(self, collection: str) -> list[Place | None]:
        """Position = id: where each picture of the collection is; None where no picture has that id."""
        with self.database.reading() as db:
            listed: list[Place | None] = [None] * int(self.get("next_id") or 0)
            for id_, place in memberships.places_of(db, collection):
                listed[id_] = place
        return listed

    def collections(self) -> list[str]:
        """Every collection that vectors of these pictures were ever sent to."""
        with self.database.reading() as db:
            return list(db.scalars(select(collections.c.name).order_by(collections.c.name)))

    def searchable(self, ids: Iterable[int], collection: str | None = None) -> set[int]:
        """Those of these that are indexed in the collection; in any, when none is named."""
        with self.database.reading() as db:
            return memberships.among(db, collection, ids)

    def ever_known(self, ids: Iterable[int]) -> set[int]:
        """Those of these that are pictures, or were and are noted as deleted."""
        with self.database.reading() as db:
            return picture_rows.among(db, ids) | deleted_rows.among(db, ids)

    # --- duplicates

    def uncompared(self, collection: str, limit: int) -> list[int]:
        with self.database.reading() as db:
            return duplicate_rows.uncompared(db, collection, limit)

    def note_duplicates(
        self, collection: str, compared: Sequence[int], pairs: Iterable[tuple[int, int]]
    ) -> None:
        """These were compared with all others, and these pairs are nearly the same."""
        with self.database.changing() as db:
            duplicate_rows.note(db, collection, compared, pairs)

    def duplicates(self, collection: str, before: int | None = None, limit: int = 20) -> DuplicatesPage:
        """Groups of pictures that are nearly the same to its encoder."""
        with self.database.reading() as db:
            return duplicate_rows.page(db, collection, before, limit)

    # --- deleting

    def remove(self, ids: Iterable[int]) -> int:
        """The rows go for good; their vectors must be gone already."""
        with self.database.changing() as db:
            return picture_rows.delete_rows(db, ids)

    def intend_deletion(self, ids: Iterable[int], undo_until: float) -> list[int]:
        """Note what is to be deleted, before anything is: a crash from here on is mended by going on."""
        with self.transaction() as db:
            return deleted_rows.intend(db, ids, undo_until)

    def delete(self, ids: Sequence[int], undo_until: float, *, keep_out: bool = True) -> int:
        """Remove rows, after their vectors; until then they can be restored, as seconds since 1970.

        With `keep_out`, later scans leave their contents out. Returns how many there were.
        """
        with self.database.changing() as db:
            return deleted_rows.carry_out(db, deleted_rows.intend(db, ids, undo_until), keep=keep_out)

    def deletions_under_way(self) -> list[int]:
        with self.database.reading() as db:
            return deleted_rows.under_way(db)

    def deletions_over(self, now: float, limit: int = 1000) -> list[int]:
        """Deleted for good: what is left of them (vectors, bytes, the note itself) may go."""
        with self.database.reading() as db:
            return deleted_rows.over(db, now, limit)

    def forget_deletions(self, ids: Iterable[int], now: float, discard: Discard) -> None:
        """Drop the notes of deletions that are over; `discard` gets what nothing uses any more."""
        with self.database.changing() as db:
            deleted_rows.forget(db, ids, now, discard)

    def restorable(self, picture_id: int, now: float) -> Restorable | None:
        """What restoring needs; None for what was never deleted, is still there, or was too long ago."""
        with self.database.reading() as db:
            return deleted_rows.restorable(db, picture_id, now)

    def restore(self, picture_id: int, now: float) -> Picture:
        """The picture again, as a new one, to be indexed; `NothingToRestore` when it can't be.

        Content that came back meanwhile by itself isn't doubled: its picture is the answer.
        """
        with self.database.changing() as db:
            found = deleted_rows.restorable(db, picture_id, now)
            if found is None:
                raise NothingToRestore(picture_id)
            return content_rows.restore(db, found)

    def _loaded(self, db: Connection, picture_id: int | None) -> Picture | None:
        return None if picture_id is None else picture_rows.load(db, [picture_id]).get(picture_id)
