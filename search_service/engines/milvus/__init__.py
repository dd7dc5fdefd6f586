"""Milvus: Lite, standalone or a cluster."""
