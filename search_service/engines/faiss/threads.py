"""How many threads FAISS uses for a call."""

import os

import faiss

_CORES = os.cpu_count() or 1
_FEW = 32  # queries that are faster on one thread


def use_threads_for(queries: int) -> None:
    """One thread for few queries: on a busy machine OpenMP's threads wait for each other longer than they
    work. The number belongs to the calling thread, so it's set before each call."""
    faiss.omp_set_num_threads(1 if queries <= _FEW else _CORES)


def use_threads(count: int) -> None:
    faiss.omp_set_num_threads(count)
