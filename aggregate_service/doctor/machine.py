"""The machine itself: Python, memory, disks, clock, and what could speed the encoders up."""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from aggregate_service.doctor.finding import Finding, bad, ok, warn

_OLDEST = (3, 11)
_LITTLE_DISK, _SMALL_DISK = 1e9, 5e9
_LITTLE_MEMORY, _SMALL_MEMORY = 0.7e9, 2e9
_A_DAY = 86_400
_CGROUP = Path("/sys/fs/cgroup")
_CPUINFO = Path("/proc/cpuinfo")


def python(found: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    name = ".".join(map(str, found))
    if found < _OLDEST:
        return bad("Python", f"{name} is too old", "Install Python 3.11 or newer, then `make install`.")
    return ok("Python", f"{name} in {sys.prefix}")


def memory(available: float | None = None) -> Finding:
    free = available if available is not None else available_memory()
    says = f"{free / 1e9:.1f} GB free"
    if free < _LITTLE_MEMORY:
        return bad("Memory", says, "Close other programs, or give the container more: CLIP alone needs 1 GB.")
    if free < _SMALL_MEMORY:
        return warn("Memory", says, "Enough for the mini encoder; CLIP and a large collection need 2 GB.")
    return ok("Memory", says)


def available_memory() -> float:
    """Bytes that programs may still take: the machine's, or the container's where that is less."""
    free = float(psutil.virtual_memory().available)
    try:
        limit, used = ((_CGROUP / name).read_text().strip() for name in ("memory.max", "memory.current"))
    except OSError:
        return free
    return min(free, float(limit) - float(used)) if limit.isdigit() else free


def folders(paths: Iterable[tuple[str, Path]]) -> list[Finding]:
    """Each folder that is written to: whether it can be, and how much room there is."""
    return [_folder(name, path) for name, path in paths]


def clock(now: float | None = None) -> Finding:
    """Nothing newer than this program should be older than it."""
    now = time.time() if now is None else now
    built = Path(__file__).stat().st_mtime
    shown = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M UTC")
    if now < built - _A_DAY:
        return bad("Clock", f"{shown}, which is before this program was written", "Set the machine's clock.")
    return ok("Clock", shown)


def accelerators() -> list[Finding]:
    return [_gpu(), _processor(), _openvino()]


def _folder(name: str, path: Path) -> Finding:
    there = _nearest(path)
    if not there.is_dir():
        return bad(name, f"{there} is no folder", f"Move it away, or set {name} to another place.")
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        return bad(name, f"{there} can't be written: {error.strerror}", f"Change its owner, or set {name}.")
    free = shutil.disk_usage(there).free
    says = f"{path}, {free / 1e9:.1f} GB free"
    if free < _LITTLE_DISK:
        return bad(name, says, "Free some room: writes will be refused when the disk is full.")
    if free < _SMALL_DISK:
        return warn(name, says, "Soon too little for a large collection (a million pictures: 3 GB).")
    return ok(name, says)


def _nearest(path: Path) -> Path:
    """The folder itself, or the one above it that it would be made in."""
    path = path.absolute()
    return next(each for each in (path, *path.parents) if each.exists())


def _gpu() -> Finding:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ok("GPU", "no NVIDIA GPU seen; encoders run on the processor")
    try:
        told = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=20, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        return warn("GPU", f"nvidia-smi doesn't answer ({error})", "Look at the driver.")
    if told.returncode != 0:
        why = (told.stdout + told.stderr).strip().partition("\n")[0]
        return warn("GPU", f"nvidia-smi fails: {why}", "Look at the driver; the processor is used instead.")
    return ok("GPU", told.stdout.strip().partition("\n")[0])


def _processor() -> Finding:
    cores = os.cpu_count() or 1
    try:
        flags = set(_CPUINFO.read_text().partition("flags")[2].partition("\n")[0].split())
    except OSError:
        flags = set()
    seen = [
        name
        for name, flag in (("AMX", "amx_bf16"), ("AVX-512", "avx512f"), ("AVX2", "avx2"))
        if flag in flags
    ]
    what = ", ".join(seen) if seen else "no vector extensions told"
    return ok("Processor", f"{platform.machine()}, {cores} cores, {what}")


def _openvino() -> Finding:
    try:
        return ok("OpenVINO", version("openvino"))
    except PackageNotFoundError:
        return ok("OpenVINO", "not installed here; PyTorch encodes")
