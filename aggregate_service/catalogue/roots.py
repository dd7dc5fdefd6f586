"""The folders that are indexed in place, and what the catalogue knows of the files in them."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sqlalchemy import delete, func, insert, select, update

from aggregate_service.catalogue import places as place_rows
from aggregate_service.catalogue.database import Database
from aggregate_service.catalogue.records import Known, Place, Root
from aggregate_service.catalogue.tables import excluded, places, roots


class Roots:
    def __init__(self, database: Database) -> None:
        self.database = database

    def all(self) -> list[Root]:
        """The oldest first: the one whose files `image_paths.json` names by their relative paths."""
        with self.database.reading() as db:
            return [Root(**row._asdict()) for row in db.execute(select(roots).order_by(roots.c.id))]

    def get(self, root_id: int) -> Root | None:
        with self.database.reading() as db:
            row = db.execute(select(roots).where(roots.c.id == root_id)).first()
            return Root(**row._asdict()) if row else None

    def picture_counts(self) -> dict[int, int]:
        """How many pictures lie in each root that has any."""
        pictures = func.count(places.c.picture_id.distinct())
        counted = select(places.c.root_id, pictures).where(places.c.root_id.is_not(None))
        with self.database.reading() as db:
            return {row[0]: row[1] for row in db.execute(counted.group_by(places.c.root_id))}

    def first(self) -> Root:
        """The oldest; one without a path, which stands for IMAGES_DIR, where nothing was indexed yet."""
        with self.database.changing():
            return next(iter(self.all()), None) or self.add("", "", "")

    def add(self, path: str, label: str, notice: str) -> Root:
        with self.database.changing() as db:
            values = {"path": path, "label": label, "notice": notice}
            added = db.execute(insert(roots).values(values).returning(roots.c.id))
            return Root(added.scalar_one(), **values)

    def change(self, root: Root) -> None:
        """Write its path, label and notice."""
        values = {"path": root.path, "label": root.label, "notice": root.notice}
        with self.database.transaction() as db:
            db.execute(update(roots).where(roots.c.id == root.id).values(values))

    def holding(self, folder: Path) -> Root | None:
        """The root that `folder`, an absolute path, is or lies in; the innermost of several."""
        found = [root for root in self.all() if root.path and folder.is_relative_to(root.path)]
        return max(found, key=lambda root: len(root.path), default=None)

    def remove(self, root_id: int) -> list[int]:
        """With all its files. The ids of pictures that had no other; their vectors are noted to go."""
        with self.database.changing() as db:
            files = [Place(root_id, known.path) for known in self.all_known_files(root_id)]
            gone = place_rows.detach(db, (place.key for place in files))
            db.execute(delete(roots).where(roots.c.id == root_id))
            return gone

    def known_files(self, root_id: int, paths: Sequence[str]) -> dict[str, Known]:
        """Those of these files (some thousand at most) that the catalogue knows, by path."""
        with self.database.reading() as db:
            return place_rows.known_in_root(db, root_id, paths)

    def all_known_files(self, root_id: int) -> Iterator[Known]:
        """Every file of a root; neither memory nor a transaction grows with them."""
        last: str | None = None
        while True:
            with self.database.reading() as db:
                page = place_rows.some_in_root(db, root_id, last)
            if not page:
                return
            yield from page
            last = page[-1].path

    def excluded(self, root_id: int) -> set[str]:
        """Files of a root that were deleted from the catalogue on purpose."""
        with self.database.reading() as db:
            return set(db.scalars(select(excluded.c.path).where(excluded.c.root_id == root_id)))

    def is_excluded(self, place: Place) -> bool:
        same = (excluded.c.root_id == place.root_id) & (excluded.c.path == place.path)
        with self.database.reading() as db:
            return db.scalar(select(excluded.c.path).where(same)) is not None

    def touch(self, place: Place, mtime_ns: int) -> None:
        """The file was written again, its content is as it was."""
        with self.database.transaction() as db:
            place_rows.touch(db, place, mtime_ns)

    def changed(self, place: Place, known: Known) -> int:
        """The file has another content than was known. The id of its picture, to be read again."""
        with self.database.changing() as db:
            if known.shared:
                return place_rows.split_off(db, place)
            place_rows.forget(db, [known.picture_id])
            return known.picture_id

    def forget_places(self, gone: Iterable[Place]) -> list[int]:
        """These files are gone. The ids of pictures that went with them; their vectors are noted to go."""
        with self.database.changing() as db:
            return place_rows.detach(db, (place.key for place in gone))
