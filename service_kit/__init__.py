"""Plumbing that the three services share: app factory, problems, logs, metrics, health. No domain types."""
