"""Which folders of pictures are served, and what people are told about them; kept in the catalogue."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.catalogue.records import Root
from aggregate_service.errors import CannotIndex
from service_kit.messages.message import message

_NAMED = 3  # folders that the page names; more are counted
_LAUNCHED = "launched_root"


class Gallery:
    """`default_root` (IMAGES_DIR) holds until a folder is scanned."""

    def __init__(self, catalog: Catalog, default_root: Path) -> None:
        self.catalog, self._roots, self._default_root = catalog, catalog.roots, default_root
        self._folders: dict[int, Path] = {}

    def folder(self, root_id: int) -> Path:
        """Where a root is; `FileNotFoundError` for one that isn't served any more."""
        if root_id not in self._folders:  # a root that has a path keeps it, and no other gets its id
            root = self._roots.get(root_id)
            if root is None or root.forgotten:
                raise FileNotFoundError(f"there is no folder {root_id} any more")
            if not root.path:
                return self._default_root
            self._folders[root_id] = Path(root.path)
        return self._folders[root_id]

    @property
    def label(self) -> str:
        """What people call it: the folders' labels."""
        labels = [root.label or self._default_root.name for root in self._roots.all()]
        labels = labels or [self._default_root.name or str(self._default_root)]
        more = len(labels) - _NAMED
        return ", ".join(labels[:_NAMED]) + (f" and {more} more" if more > 0 else "")

    @property
    def notice(self) -> str | None:
        return " ".join(root.notice for root in self._roots.all() if root.notice) or None

    def root_for(self, folder: Path) -> Path:
        """The folder that indexing `folder` works on: a root that holds it, else itself."""
        real = folder.resolve()
        holding = self._roots.holding(real)
        if holding is None and not folder.is_dir():
            raise CannotIndex(message("no-such-folder", folder=str(folder)))
        return Path(holding.path) if holding else real

    def record(self, folder: Path, label: str | None, notice: str | None) -> Root:
        """Serve this folder too from now on; what is None stays as it was, or is the folder's name."""
        with self.catalog.transaction():
            roots = self._roots.all()
            root = next((root for root in roots if root.path == str(folder)), None)
            if root is not None:
                label = root.label if label is None else label
                notice = root.notice if notice is None else notice
            else:
                label, notice = label or folder.name or str(folder), notice or ""
                root = next((root for root in roots if not root.path), None)  # what IMAGES_DIR stood for
                root = root or self._roots.add(str(folder), label, notice)
            root = replace(root, path=str(folder), label=label, notice=notice)
            self._roots.change(root)
            return root

    def kept(self, *, launching: bool) -> list[Path]:
        """Folders that were added before; where another is `launching`, without the one that it replaces."""
        before = self.catalog.get(_LAUNCHED) if launching else None
        return [Path(root.path) for root in self._roots.all() if root.path and str(root.id) != before]

    def launch(self, root: Root) -> list[int]:
        """This folder takes the place of the one that was launched before; others stay.

        The ids of pictures that went; their vectors are noted to go.
        """
        with self.catalog.transaction():
            before = int(self.catalog.get(_LAUNCHED) or root.id)
            self.catalog.put(_LAUNCHED, str(root.id))
            return [] if before == root.id else self.forget(before)

    def forget(self, root_id: int) -> list[int]:
        """Serve this folder no more. The pictures that are missing from now on."""
        self._folders.pop(root_id, None)
        return self._roots.forget(root_id)

    def note_indexed(self, folder: Path, collection: str) -> None:
        """Every picture of this folder, which is or lies in a root, has been through a scan."""
        if (name := self._index_note(folder)) is not None:
            self.catalog.put(name, collection)

    def is_indexed(self, folder: Path, collection: str) -> bool:
        name = self._index_note(folder)
        return name is not None and self.catalog.get(name) == collection

    def note_followed(self, root: Root, links: Mapping[str, Path]) -> None:
        """Which links to folders elsewhere a scan has followed, and to which."""
        self.catalog.put(f"followed {root.id}", json.dumps({link: str(to) for link, to in links.items()}))

    def followed(self, folder: Path) -> dict[str, Path]:
        """By their paths in this root; empty for what is none."""
        root = next((root for root in self._roots.all() if root.path == str(folder)), None)
        noted = self.catalog.get(f"followed {root.id}") if root else None
        return {link: Path(to) for link, to in json.loads(noted or "{}").items()}

    def note_unsupported(self, root: Root, kinds: Mapping[str, int]) -> None:
        """How many files of which kinds a scan of all of it has found and couldn't read."""
        self.catalog.put(f"unsupported {root.id}", json.dumps(dict(kinds)))

    def unsupported(self, root_id: int) -> dict[str, int]:
        counted: dict[str, int] = json.loads(self.catalog.get(f"unsupported {root_id}") or "{}")
        return counted

    def _index_note(self, folder: Path) -> str | None:
        """By the root's id, which no other ever gets; a folder that was forgotten has no such note."""
        root = self._roots.holding(folder)
        return None if root is None else f"indexed {root.id} {folder.relative_to(root.path).as_posix()}"
