"""The two services that read pictures, over real HTTP."""

from tests.security.conftest import aggregate, embedding, once_indexed, world

__all__ = ["aggregate", "embedding", "once_indexed", "world"]
