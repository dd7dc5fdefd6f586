"""How good the answers are for somebody's own pictures: truth → rankings → measures → a report."""
