"""What is known: pictures, places, folders, labels, deletions; and the database that keeps it."""
