"""The machine that a number was measured on."""

import os
import platform
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

_PACKAGES = (
    "faiss-cpu",
    "numpy",
    "hnswlib",
    "pgvector",
    "psycopg",
    "pymilvus",
    "milvus-lite",
    "torch",
    "transformers",
    "openvino",
    "pillow",
    "uvicorn",
)


_UNITS = {
    "AMX-BF16": "amx_bf16",
    "AVX512-BF16": "avx512_bf16",
    "AVX512-VNNI": "avx512_vnni",
    "AVX512": "avx512f",
    "AVX2": "avx2",
}


def machine() -> dict[str, Any]:
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": _line("/proc/cpuinfo", "model name") or platform.processor(),
        "multiplies": vector_units(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory": _line("/proc/meminfo", "MemTotal"),
        "load_before": [round(load, 2) for load in os.getloadavg()],
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: version for name in _PACKAGES if (version := _version(name))},
    }


def vector_units() -> dict[str, bool]:
    """The instructions that an encoder's speed depends on, and whether this processor has them."""
    flags = set((_line("/proc/cpuinfo", "flags") or _line("/proc/cpuinfo", "Features") or "").split())
    return {name: flag in flags for name, flag in _UNITS.items()}


def memory_bytes(kind: str = "RssAnon", process: int | None = None) -> int:
    """What a process (this one) holds in memory that no file backs (`RssAnon`), or one does (`RssFile`)."""
    return int((_line(f"/proc/{process or 'self'}/status", kind) or "0").split()[0]) * 1024


def processor_seconds(process: int) -> float:
    """What a process has used of the processor since it began, in user and system mode together."""
    after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def _line(path: str, name: str) -> str | None:
    if not Path(path).exists():
        return None
    for line in Path(path).read_text().splitlines():
        if line.startswith(name):
            return line.split(":", 1)[1].strip()
    return None


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
