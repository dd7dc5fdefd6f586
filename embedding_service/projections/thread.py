"""The one thread that trains: on one core, and after the searches that are embedded meanwhile."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import torch

_GIVES_WAY = 10


def training_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "training", initializer=_modest)


def _modest() -> None:
    """On a busy machine, threads that wait for each other after each small step took twenty times as long."""
    with suppress(AttributeError, OSError):  # on Linux this is the thread's own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _GIVES_WAY)
    usual = torch.get_num_threads()
    torch.set_num_threads(1)  # of this thread, and the default of those that begin later …
    again = threading.Thread(target=torch.set_num_threads, args=(usual,))  # … which isn't to change
    again.start()
    again.join()
