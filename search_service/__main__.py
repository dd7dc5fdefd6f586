"""`python -m search_service`."""

from search_service.main import main

main()
