"""Bytes on disk: people's folders, our own copies, thumbnails."""
