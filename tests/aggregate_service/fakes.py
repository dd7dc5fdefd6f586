"""Hand-written stand-ins for the other two services: they keep the wire contract and forget nothing."""

import io
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from starlette.applications import Starlette
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from service_kit.arrays import NPY, NPZ, from_npy, from_npz, to_npy, to_npz
from service_kit.problems import PROBLEM_JSON, problem_body

FINGERPRINT = "average-colour@1:4"
COLLECTION = "average-colour-1-4"
UNNAMED = (90, 60, 30)
COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


def problem(status: int, detail: str, **extra: Any) -> Response:
    headers = extra.pop("headers", None)
    body = problem_body(status, detail, errors=extra.pop("errors", ()))
    return JSONResponse(body, status, headers, media_type=PROBLEM_JSON)


def colour_vector(colour: tuple[float, float, float]) -> NDArray[np.float32]:
    vector = np.array([*colour, 64.0], np.float32)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


@dataclass
class FakeEmbedding:
    """Embeds a picture as its average colour, a text as the colour it names."""

    fingerprint: str = FINGERPRINT
    notice: str | None = None
    refusal: Response | None = None
    """When set, what every embed call and /readyz answer."""
    truncated: list[int] = field(default_factory=list)
    """The places of the texts of which it says that it read only the beginning."""
    taught: NDArray[np.float32] = field(default_factory=lambda: np.eye(4, dtype=np.float32))
    """What comes of every training."""
    trainings: list[tuple[str, int, int]] = field(default_factory=list)
    """Their kinds, and how many pictures and labels they were given."""
    training_refused: int = 0
    """Which of them is answered with 503; the first is 1."""
    calls: list[str] = field(default_factory=list)
    embedded_files: list[str] = field(default_factory=list)
    request_ids: list[str] = field(default_factory=list)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/readyz", self.ready),
                Route("/healthz", self.alive),
                Route("/models", self.models),
                Route("/embed-image", self.embed_image, methods=["POST"]),
                Route("/embed-text", self.embed_text, methods=["POST"]),
                Route("/projections/train", self.train, methods=["POST"]),
            ]
        )

    async def alive(self, request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def ready(self, request: Request) -> Response:
        self.calls.append("ready")
        model = self.fingerprint.split("@")[0]
        return self.refusal or JSONResponse(
            {"status": "ready", "model": model, "fingerprint": self.fingerprint, "notice": self.notice}
        )

    async def models(self, request: Request) -> Response:
        """The one that answers, and another."""
        facts = {"dimension": 4, "modalities": ["image", "text"], "licence": "MIT", "source": "here"}
        prints = (self.fingerprint, "other@1:4")
        models = [facts | {"name": each.split("@")[0], "fingerprint": each} for each in prints]
        models[0] |= {"loaded": True, "default": True, "runtime": "none"}
        known = {"default": models[0]["name"], "notice": self.notice, "models": models}
        return self.refusal or JSONResponse(known)

    async def embed_image(self, request: Request) -> Response:
        self.calls.append("embed-image")
        self.request_ids.append(request.headers.get("x-request-id", ""))
        if self.refusal:
            return self.refusal
        async with request.form() as form:
            return await self._embed_form(form)

    async def _embed_form(self, form: FormData) -> Response:
        if form.get("model") == "no-such-model":
            return problem(404, "There is no model no-such-model; known: average-colour.")
        vectors, errors = [], []
        for index, upload in enumerate(form.getlist("files")):
            assert isinstance(upload, UploadFile)
            self.embedded_files.append(upload.filename or "")
            try:
                vectors.append(_average_colour(await upload.read()))
            except (OSError, RuntimeError, SyntaxError, ValueError) as error:  # what Pillow raises
                vectors.append(np.full(4, np.nan, np.float32))
                errors.append({"index": index, "status": 422, "title": "Unreadable", "detail": str(error)})
        if len(errors) == len(vectors):
            return problem(422, "None could be read.", errors=[e | {"filename": "f"} for e in errors])
        return self._npy(vectors, errors)

    async def embed_text(self, request: Request) -> Response:
        self.calls.append("embed-text")
        body = await request.json()
        return self.refusal or self._npy(
            [colour_vector(COLOURS.get(text, UNNAMED)) for text in body["texts"]], []
        )

    async def train(self, request: Request) -> Response:
        vectors, labels, _words = from_npz(await request.body(), "vectors", "labels", "words")
        self.trainings.append((request.query_params["kind"], len(vectors), labels.shape[1]))
        if len(self.trainings) == self.training_refused:
            return problem(503, "It takes too long.")
        return self.refusal or Response(to_npy(self.taught), media_type=NPY)

    def _npy(self, vectors: list[NDArray[np.float32]], errors: list[dict[str, Any]]) -> Response:
        headers = {
            "X-Embedding-Model": self.fingerprint.split("@")[0],
            "X-Embedding-Fingerprint": self.fingerprint,
            "X-Embedding-Errors": json.dumps(errors),
            "X-Embedding-Truncated": json.dumps(self.truncated),
        }
        return Response(to_npy(np.stack(vectors)), media_type=NPY, headers=headers)


def _average_colour(data: bytes) -> NDArray[np.float32]:
    with Image.open(io.BytesIO(data)) as image:
        if image.width * image.height > 50_000_000:
            raise ValueError("too many pixels")
        red, green, blue = np.asarray(image.convert("RGB"), np.float32).mean(axis=(0, 1))
    return colour_vector((float(red), float(green), float(blue)))


@dataclass
class FakeSearch:
    """Collections of vectors in dictionaries, searched exhaustively."""

    encoders: dict[str, str] = field(default_factory=dict)
    vectors: dict[str, dict[int, NDArray[np.float32]]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    """The catalogue of each collection that belongs to one."""
    default: str | None = None
    exported: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    """What each search asked for."""
    spread: bool | None = None
    """Whether the spread of a query is known; None: from eight vectors on."""
    refusals: list[Response] = field(default_factory=list)
    """Answered, one by one, before anything else to writes and searches."""
    delete_refusals: list[Response] = field(default_factory=list)
    """Answered, one by one, before anything else to deletions."""

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/healthz", self.alive),
                Route("/search", self.search, methods=["POST"]),
                Route("/vectors", self.upsert, methods=["PUT"]),
                Route("/vectors", self.delete, methods=["DELETE"]),
                Route("/vectors/get", self.get, methods=["POST"]),
                Route("/collections", self.list),
                Route("/collections/{name}/ids", self.ids),
                Route("/collections/{name}/catalogue", self.adopt, methods=["PUT"]),
                Route("/collections/{name}/export", self.export, methods=["POST"]),
                Route("/default-collection", self.set_default, methods=["PUT"]),
            ]
        )

    async def alive(self, request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def search(self, request: Request) -> Response:
        self.calls.append("search")
        if self.refusals:
            return self.refusals.pop(0)
        asked: dict[str, Any] = dict(request.query_params)
        if request.headers["content-type"] == NPY:
            asked["embeddings"] = from_npy(await request.body())
        else:
            asked = await request.json()
        self.asked.append(asked)
        return self._found(asked, np.asarray(asked["embeddings"], np.float32))

    def _found(self, asked: dict[str, Any], queries: NDArray[np.float32]) -> Response:
        collection, k = asked["collection"], int(asked["k"])
        stored = self.vectors.get(collection)
        if stored is None:
            return problem(404, f"There is no collection {collection}.")
        if self.encoders[collection] != asked["encoder"]:
            return problem(409, "Another encoder's collection.")
        ids = [i for i in stored if i in asked.get("allow", stored) and i not in asked.get("deny", ())]
        scores = queries @ np.stack([stored[i] for i in ids]).T if ids else np.zeros((len(queries), 0))
        every = queries @ np.stack(list(stored.values())).T if stored else scores
        known = self.spread if self.spread is not None else len(stored) >= 8
        spread = [
            {"mean": float(row.mean()), "deviation": float(row.std())} if known else None for row in every
        ]
        order = [sorted(range(len(ids)), key=lambda c: -row[c])[:k] for row in scores]
        return JSONResponse(
            {
                "collection": collection,
                "indexes": [[ids[c] for c in columns] for columns in order],
                "scores": [[float(row[c]) for c in cols] for row, cols in zip(scores, order, strict=True)],
            }
            | ({"spread": spread} if str(asked.get("moments")).lower() == "true" else {})
        )

    async def upsert(self, request: Request) -> Response:
        self.calls.append("upsert")
        if self.refusals:
            return self.refusals.pop(0)
        ids, vectors = from_npz(await request.body(), "ids", "vectors")
        collection = request.query_params["collection"]
        catalogue = request.query_params.get("catalogue")
        if catalogue is not None and not self.vectors.get(collection):
            self.owners.setdefault(collection, catalogue)
        if foreign := self._foreign(collection, request):
            return foreign
        self.encoders[collection] = request.query_params["encoder"]
        stored = self.vectors.setdefault(collection, {})
        stored.update({int(i): np.asarray(v, np.float32) for i, v in zip(ids, vectors, strict=True)})
        return JSONResponse({"collection": collection, "upserted": len(ids), "count": len(stored)})

    async def get(self, request: Request) -> Response:
        self.calls.append("get")
        body = await request.json()
        stored = self.vectors.get(body["collection"])
        if stored is None:
            return problem(404, "There is no such collection.")
        there = sorted(i for i in body["ids"] if i in stored)
        rows = np.stack([stored[i] for i in there]) if there else np.empty((0, 4), np.float32)
        return Response(to_npz(ids=np.asarray(there, np.int64), vectors=rows), media_type=NPZ)

    async def delete(self, request: Request) -> Response:
        self.calls.append("delete")
        if self.delete_refusals:
            return self.delete_refusals.pop(0)
        body = await request.json()
        stored = self.vectors.get(body["collection"])
        if stored is None:
            return problem(404, "There is no such collection.")
        if foreign := self._foreign(body["collection"], request):
            return foreign
        removed = [stored.pop(i, None) is not None for i in body["ids"]]
        return JSONResponse({"removed": sum(removed), "count": len(stored)})

    def _foreign(self, collection: str, request: Request) -> Response | None:
        if self.owners.get(collection) == request.query_params.get("catalogue"):
            return None
        return problem(409, "It is another catalogue's collection.")

    async def adopt(self, request: Request) -> Response:
        self.calls.append("adopt")
        name, body = request.path_params["name"], await request.json()
        if name not in self.vectors:
            return problem(404, "There is no such collection.")
        if self.owners.get(name) not in (body["expected"], body["catalogue"]):
            return problem(409, "It has another owner.")
        self.owners[name] = body["catalogue"]
        return JSONResponse({"name": name, "catalogue": body["catalogue"]})

    async def list(self, request: Request) -> Response:
        listed = [
            {"name": name, "encoder": self.encoders[name], "dimension": 4, "count": len(stored)}
            | {"catalogue": self.owners.get(name)}
            for name, stored in self.vectors.items()
        ]
        return JSONResponse({"default": self.default, "collections": listed})

    async def ids(self, request: Request) -> Response:
        stored = self.vectors.get(request.path_params["name"])
        if stored is None:
            return problem(404, "There is no such collection.")
        after = int(request.query_params.get("after", -1))
        limit = min(int(request.query_params["limit"]), 3)
        return JSONResponse({"ids": sorted(i for i in stored if i > after)[:limit]})

    async def export(self, request: Request) -> Response:
        self.exported.append(request.path_params["name"])
        return JSONResponse({"path": "index.faiss", "sha256": "0" * 64, "count": 1})

    async def set_default(self, request: Request) -> Response:
        self.default = (await request.json())["collection"]
        return JSONResponse({"default": self.default})
