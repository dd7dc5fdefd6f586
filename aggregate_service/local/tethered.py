"""Runs a module of ours that ends with its launcher, whatever ends that: `tethered.py MODULE [ARGUMENTS]`.

Standard input is a pipe whose other end only the launcher holds: when it is no more, the kernel closes it.
"""

import os
import runpy
import signal
import sys
import time
from threading import Thread

_GRACE_SECONDS = 15.0  # longer than a service takes to finish its requests


def main() -> None:
    del sys.argv[0]
    Thread(target=_end_with_the_launcher, daemon=True).start()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _end_with_the_launcher() -> None:
    while os.read(0, 64):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
