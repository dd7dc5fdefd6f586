"""`python -m aggregate_service.cli`, the same as `image-search`."""

import sys

from aggregate_service.cli.app import main

sys.exit(main())
