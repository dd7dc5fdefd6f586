"""The search service needs neither torch nor anything else of the other services."""

import subprocess
import sys

PROGRAM = """
import importlib, pkgutil, sys

forbidden = {"torch", "transformers", "PIL", "httpx2", "embedding_service", "aggregate_service"}

class Forbid:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in forbidden:
            raise ImportError(f"{name} is forbidden here")

sys.meta_path.insert(0, Forbid())
optional = {"psycopg", "psycopg_pool", "pgvector", "pymilvus", "grpc"}  # each of one backend's own extra
import search_service
for module in pkgutil.walk_packages(search_service.__path__, "search_service."):
    if not module.name.endswith("__main__"):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as missing:
            if missing.name.split(".")[0] not in optional:
                raise
from search_service.main import create_app
print(create_app().title)
"""


def test_imports_without_torch_transformers_pillow_and_httpx() -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr[-2000:]


def test_contract_and_routes_import_without_faiss() -> None:
    """FAISS is one backend of several: only what uses it may need it."""
    program = (
        "import sys\n"
        "for name in ('faiss', 'psycopg', 'pymilvus'): sys.modules[name] = None\n"
        "import search_service.engines.base, search_service.engines.backend"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr[-2000:]
