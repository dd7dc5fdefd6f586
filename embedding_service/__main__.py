"""`python -m embedding_service`: run the service until it is told to stop."""

from embedding_service.main import main

main()
