"""A typed Python client of the aggregate service."""

from aggregate_service.client.answers import (
    EncoderRow,
    Evaluation,
    EvaluationRequest,
    Folder,
    Hit,
    Improvement,
    Job,
    Measured,
    Picture,
    SearchResult,
)
from aggregate_service.client.connection import ImageSearchError
from aggregate_service.client.image_search import DEFAULT_URL, ImageSearch
from aggregate_service.client.search_request import Weighted

__all__ = [
    "DEFAULT_URL",
    "EncoderRow",
    "Evaluation",
    "EvaluationRequest",
    "Folder",
    "Hit",
    "ImageSearch",
    "ImageSearchError",
    "Improvement",
    "Job",
    "Measured",
    "Picture",
    "SearchResult",
    "Weighted",
]
