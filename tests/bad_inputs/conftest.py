"""The two services that read pictures, over real HTTP."""

from tests.security.conftest import aggregate, embedding, world

__all__ = ["aggregate", "embedding", "world"]
