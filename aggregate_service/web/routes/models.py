"""The encoders that a search may name, as the embedding service lists them."""

from fastapi import APIRouter

from aggregate_service.clients.embedding import KnownModels
from aggregate_service.web.routes.parts import Wired
from service_kit.problems import documented

router = APIRouter(tags=["search"])


@router.get("/models", summary="The encoders: which there are, which answers", responses=documented(502, 503))
async def list_models(parts: Wired) -> KnownModels:
    """`curl http://localhost:8000/models`"""
    return await parts.embedding.models()
