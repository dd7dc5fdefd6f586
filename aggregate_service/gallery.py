"""Which folder of pictures is served, and what people are told about it; kept in the catalogue."""

from pathlib import Path

from aggregate_service.catalog import Catalog
from aggregate_service.errors import CannotIndex


class Gallery:
    """`default_root` (IMAGES_DIR) holds until an index run names a folder."""

    def __init__(self, catalog: Catalog, default_root: Path) -> None:
        self._catalog, self._default_root = catalog, default_root

    @property
    def root(self) -> Path:
        recorded = self._catalog.get("root")
        return Path(recorded) if recorded else self._default_root

    @property
    def label(self) -> str:
        return self._catalog.get("label") or self.root.name or str(self.root)

    @property
    def notice(self) -> str | None:
        return self._catalog.get("notice") or None

    def root_for(self, folder: Path) -> Path:
        """The root that indexing `folder` works on: the recorded one if it holds `folder`, else `folder`."""
        if not folder.is_dir():
            raise CannotIndex(f"{folder}: there is no such folder.")
        recorded = self._catalog.get("root")
        real = folder.resolve()
        return Path(recorded) if recorded and real.is_relative_to(recorded) else real

    def record(self, root: Path, label: str | None, notice: str | None) -> None:
        """Serve `root` from now on; what is None stays as it was, unless the folder is another."""
        with self._catalog.transaction():
            if self._catalog.get("root") != str(root):
                self._catalog.put("root", str(root))
                label, notice = label or root.name, notice or ""
            if label is not None:
                self._catalog.put("label", label)
            if notice is not None:
                self._catalog.put("notice", notice)
