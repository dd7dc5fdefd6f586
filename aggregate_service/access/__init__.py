"""Who may do what: the password, sessions, API keys, the rights that each route asks for."""
