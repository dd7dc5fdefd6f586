"""Answers that hold many numbers, written as JSON row by row: one `json.dumps` of a million hits would hold
Python's lock for a second."""

import json
from dataclasses import asdict

from search_service.engines.arrays import Ids, Vectors
from search_service.engines.base import Hits
from search_service.moments import Spread


def search_answer(name: str, hits: list[Hits], spreads: list[Spread | None] | None) -> bytes:
    """With `spreads` where they were asked for."""
    indexes = ",".join(json.dumps(row.ids.tolist()) for row in hits)
    scores = ",".join(json.dumps(row.scores.tolist()) for row in hits)
    listed = None if spreads is None else [spread and asdict(spread) for spread in spreads]
    spread = "" if listed is None else f',"spread":{json.dumps(listed)}'
    return f'{{"collection":{json.dumps(name)},"indexes":[{indexes}],"scores":[{scores}]{spread}}}'.encode()


def vectors_answer(ids: Ids, vectors: Vectors) -> bytes:
    rows = ",".join(json.dumps(vector.tolist()) for vector in vectors)
    return f'{{"ids":{json.dumps(ids.tolist())},"vectors":[{rows}]}}'.encode()
