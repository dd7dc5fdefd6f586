"""The one place that chooses an engine; each is imported only where it is the chosen one."""

import os

from search_service.config import Settings
from search_service.engines.backend import Backend


def open_backend(settings: Settings) -> Backend:
    """Opens and loads everything: takes as long as that takes."""
    match settings.backend:
        case "faiss":
            from search_service.engines.faiss.backend import EmbeddedBackend
            from search_service.engines.faiss.sizing import Sizing

            sizing = Sizing(settings.exact_up_to, settings.recall_target, settings.build_threads)
            return EmbeddedBackend(settings.data_dir, sizing)
        case "pgvector":
            from search_service.engines.pgvector.backend import PgvectorBackend

            url = settings.database_url.get_secret_value() if settings.database_url else ""
            return PgvectorBackend(url, settings.search_threads + 5, settings.hnsw_from)
        case "milvus":
            os.environ["MILVUS_URI"] = ""  # pymilvus reads it when it is imported, and refuses a file
            from search_service.engines.milvus.backend import MilvusBackend

            token = settings.milvus_token.get_secret_value() if settings.milvus_token else ""
            return MilvusBackend(settings.milvus_uri or "", token)
