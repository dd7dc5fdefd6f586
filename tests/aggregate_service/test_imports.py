"""The aggregate service needs no torch, no faiss, no other service: proved where importing them fails."""

import subprocess
import sys

_PROGRAM = """
import importlib, pkgutil, sys

class Forbidden:
    def find_spec(self, name, path=None, target=None):
        others = {"search_service", "embedding_service"}
        if name.split(".")[0] in others | {"torch", "faiss", "transformers", "tokenizers", "safetensors"}:
            raise ImportError(f"{name} is forbidden here")

sys.meta_path.insert(0, Forbidden())
import aggregate_service
for module in pkgutil.walk_packages(aggregate_service.__path__, "aggregate_service."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
from aggregate_service.config import Settings
from aggregate_service.main import create_app
create_app(Settings(catalog_path=sys.argv[1]))
print("built")
"""

_COMMANDS = """
import sys
import aggregate_service.cli.app
kept = ("sqlalchemy", "aggregate_service.catalogue", "aggregate_service.jobs.", "search_service")
print([name for name in sys.modules if name.startswith(kept)])
"""


def test_the_commands_open_no_catalogue() -> None:
    done = subprocess.run([sys.executable, "-c", _COMMANDS], capture_output=True, text=True, timeout=600)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_everything_imports_and_builds_without_them(tmp_path: object) -> None:
    command = [sys.executable, "-W", "error", "-c", _PROGRAM, f"{tmp_path}/catalog.db"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert (done.stdout, done.stderr) == ("built\n", "")
