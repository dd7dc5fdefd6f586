"""The aggregate service with a password, and a key of each right."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

from aggregate_service.access.keys import ApiKeys
from aggregate_service.access.rights import Right
from aggregate_service.catalogue.database import Database
from tests.aggregate_service.conftest import World
from tests.security.services import Site, site


@dataclass(frozen=True)
class Closed:
    site: Site
    keys: dict[Right, str]

    def headers(self, right: Right | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[right]}"} if right else {}


@contextmanager
def closed_site(world: World) -> Iterator[Closed]:
    settings = type(world.settings)(
        **world.settings.model_dump() | {"access_password": "a secret"}, _env_file=None
    )
    with (
        site("aggregate", replace(world, settings=settings).make_app()) as running,
        closing(Database(settings.database)) as database,
    ):
        keys = ApiKeys(database)
        yield Closed(running, {right: keys.make(right.said, right)[0] for right in Right})
