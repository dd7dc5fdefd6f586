"""Reading picture files that nobody vouches for: formats, limits, damage, orientation, colours.

embedding_service reads pictures with it to embed them, aggregate_service to describe and to show them.
"""
