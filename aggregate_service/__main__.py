"""`python -m aggregate_service`."""

from aggregate_service.main import main

main()
