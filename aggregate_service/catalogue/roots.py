"""The folders that are indexed in place, and what the catalogue knows of the files in them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from sqlalchemy import delete, func, insert, select, update

from aggregate_service.catalogue import contents as content_rows
from aggregate_service.catalogue import deletions as deleted_rows
from aggregate_service.catalogue import places as place_rows
from aggregate_service.catalogue.database import Database
from aggregate_service.catalogue.pictures import LARGEST_ID, folders_of
from aggregate_service.catalogue.records import Facts, Known, Place, Root
from aggregate_service.catalogue.tables import excluded, kept_out, mounts, places, roots, settings


class Roots:
    def __init__(self, database: Database) -> None:
        self.database = database

    def all(self) -> list[Root]:
        """The oldest first: the one whose files `image_paths.json` names by their relative paths."""
        with self.database.reading() as db:
            served = select(roots).where(~roots.c.forgotten).order_by(roots.c.id)
            return [Root(**row._asdict()) for row in db.execute(served)]

    def get(self, root_id: int) -> Root | None:
        if not 0 <= root_id <= LARGEST_ID:
            return None
        with self.database.reading() as db:
            row = db.execute(select(roots).where(roots.c.id == root_id)).first()
            return Root(**row._asdict()) if row else None

    def picture_counts(self) -> dict[int, int]:
        """How many pictures lie in each root that has any."""
        pictures = func.count(places.c.picture_id.distinct())
        there = (places.c.root_id.is_not(None), places.c.lost_since.is_(None))
        counted = select(places.c.root_id, pictures).where(*there)
        with self.database.reading() as db:
            return {row[0]: row[1] for row in db.execute(counted.group_by(places.c.root_id))}

    def hidden_counts(self) -> dict[int, tuple[int, int]]:
        """How many pictures are missing from each root that lacks any, and how many are out of reach."""
        lost = (places.c.root_id.is_not(None), places.c.lost_since.is_not(None))
        count = func.count(places.c.picture_id.distinct())
        asked = select(places.c.root_id, places.c.unreachable, count).where(*lost)
        counted: dict[int, tuple[int, int]] = {}
        with self.database.reading() as db:
            for root_id, unreachable, number in db.execute(
                asked.group_by(places.c.root_id, places.c.unreachable)
            ):
                missing, away = counted.get(root_id, (0, 0))
                counted[root_id] = (missing, away + number) if unreachable else (missing + number, away)
        return counted

    def first(self) -> Root:
        """The oldest; one without a path, which stands for IMAGES_DIR, where nothing was indexed yet."""
        with self.database.changing():
            return next(iter(self.all()), None) or self.add("", "", "")

    def add(self, path: str, label: str, notice: str) -> Root:
        with self.database.changing() as db:
            values = {"path": path, "label": label, "notice": notice}
            before = db.scalar(select(roots.c.id).where(roots.c.path == path))
            if before is not None:
                db.execute(update(roots).where(roots.c.id == before).values(**values, forgotten=False))
                return Root(before, path, label, notice)
            added = db.execute(insert(roots).values(values).returning(roots.c.id))
            return Root(added.scalar_one(), path, label, notice)

    def change(self, root: Root) -> None:
        """Write its path, label and notice."""
        values = {"path": root.path, "label": root.label, "notice": root.notice}
        with self.database.transaction() as db:
            db.execute(update(roots).where(roots.c.id == root.id).values(values))

    def holding(self, folder: Path) -> Root | None:
        """The root that `folder`, an absolute path, is or lies in; the innermost of several."""
        found = [root for root in self.all() if root.path and folder.is_relative_to(root.path)]
        return max(found, key=lambda root: len(root.path), default=None)

    def forget(self, root_id: int) -> list[int]:
        """Not served any more. The pictures that had no other place: they are missing from now on, and there
        again when the folder is added again.
        """
        with self.database.changing() as db:
            db.execute(update(roots).where(roots.c.id == root_id).values(forgotten=True))
            notes = [f"{note} {root_id}" for note in ("followed", "unsupported")]
            of_it = settings.c.name.like(f"indexed {root_id} %") | settings.c.name.in_(notes)
            db.execute(delete(settings).where(of_it))
            keys = (Place(root_id, known.path).key for known in self.all_known_files(root_id))
            return place_rows.lose(db, keys)

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

    def replace_content(self, place: Place, known: Known, facts: Facts) -> int:
        """The file has another content than was known. The id of the picture that it is now."""
        with self.database.changing() as db:
            return content_rows.replace_content(db, place, known, facts)

    def see(self, place: Place, facts: Facts) -> None:
        """The file was read, and its content is as it was."""
        with self.database.changing() as db:
            place_rows.seen(db, {place: facts})

    def find(self, there: Iterable[Place]) -> None:
        """These files are there again, as they were."""
        with self.database.changing() as db:
            place_rows.found(db, [place.key for place in there])

    def lose(self, gone: Iterable[Place], *, unreachable: bool = False) -> list[int]:
        """These files aren't there, or can't be looked at. The pictures that are hidden by that."""
        with self.database.changing() as db:
            return place_rows.lose(db, [place.key for place in gone], unreachable=unreachable)

    def mounts(self, root_id: int) -> dict[str, str]:
        """On which device each mounted folder of a root was, by its path; `""` is the root itself."""
        with self.database.reading() as db:
            rows = db.execute(select(mounts).where(mounts.c.root_id == root_id))
            return {row.path: row.device for row in rows}

    def note_mounts(self, root_id: int, seen: Mapping[str, str]) -> None:
        with self.database.transaction() as db:
            db.execute(delete(mounts).where(mounts.c.root_id == root_id))
            if seen:
                rows = [{"root_id": root_id, "path": path, "device": at} for path, at in seen.items()]
                db.execute(insert(mounts), rows)

    def excluded(self, root_id: int) -> set[str]:
        """Files that were deleted before their contents were noted."""
        with self.database.reading() as db:
            return set(db.scalars(select(excluded.c.path).where(excluded.c.root_id == root_id)))

    def kept_out_sizes(self) -> set[int]:
        """Of contents that scans leave out somewhere: files of other sizes needn't be read to know."""
        with self.database.reading() as db:
            return set(db.scalars(select(kept_out.c.size).distinct()))

    def is_kept_out(self, place: Place, sha256: str) -> bool:
        """People deleted this content, everywhere or in a folder above this place."""
        below = ["", *folders_of(place)]
        with self.database.reading() as db:
            same = (kept_out.c.sha256 == sha256) & kept_out.c.below.in_(below)
            return db.scalar(select(kept_out.c.sha256).where(same).limit(1)) is not None

    def keep_out(self, place: Place, sha256: str, size: int) -> None:
        """A file that was left out by its path (`excluded`) is by its content from now on."""
        with self.database.transaction() as db:
            deleted_rows.keep_out(db, [(sha256, "", size)])
            same = (excluded.c.root_id == place.root_id) & (excluded.c.path == place.path)
            db.execute(delete(excluded).where(same))
