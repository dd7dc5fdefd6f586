"""How the other two services are called: pooled, binary, with deadlines; their problems become ours."""
