"""`python -m aggregate_service.local`: what `make run` starts."""

import signal
import sys

if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C during the imports is no traceback

from aggregate_service.local.launcher import main

if __name__ == "__main__":
    sys.exit(main())
