"""The one way to PostgreSQL: how a connection is made, watched, and what its errors mean. Needs psycopg."""
