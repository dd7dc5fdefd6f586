"""Signals that stop the launcher, and those that somebody chose to have ignored."""

import subprocess
import sys

import pytest

PROGRAM = """
import os, signal
from aggregate_service.local.interrupts import Interrupted, Interrupts
signal.signal(signal.SIG{name}, signal.SIG_{before})
interrupts = Interrupts()
interrupts.install()
os.kill(os.getpid(), signal.SIG{name})
try:
    interrupts.pause(0.01)
    print("goes on")
except Interrupted:
    print("interrupted")
"""


@pytest.mark.parametrize("name", ["HUP", "INT", "TERM"])
@pytest.mark.parametrize(("before", "said"), [("DFL", "interrupted"), ("IGN", "goes on")])
def test_what_nohup_and_the_background_ignore_stays_ignored(name: str, before: str, said: str) -> None:
    program = PROGRAM.format(name=name, before=before)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert (done.stdout.strip(), done.stderr) == (said, "")
