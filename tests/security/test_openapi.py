"""What each service's OpenAPI document promises, tried by Schemathesis with data made from it.

A few examples for each operation; `make fuzz` has a hundred.
"""

import json
import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok

from aggregate_service.access.rights import Right
from tests.security.closed import Closed
from tests.security.services import Site

load_all_checks()


@schemathesis.serializer("application/x-npz")
def as_bytes(_context: Any, value: Any) -> bytes:
    """Arrays are read as they come; what isn't one is refused."""
    return value if isinstance(value, bytes) else json.dumps(value).encode()


# What a document can't say is refused all the same: a form without a file, a vector without a number.
# And a 503 keeps the promise of a document that has it.
LEFT_OUT: Any = CHECKS.get_by_names(
    ["positive_data_acceptance", "negative_data_rejection", "not_a_server_error"]
)
limited = settings(
    max_examples=int(os.environ.get("SCHEMATHESIS_EXAMPLES", "3")),
    deadline=None,
    database=None,
    derandomize="SCHEMATHESIS_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_operation_keeps_what_its_document_says(each: Site, mode: GenerationMode) -> None:
    _try_all(each, mode, {}, {})


@pytest.mark.parametrize("right", [None, *Right], ids=lambda right: right.said if right else "nobody")
def test_so_it_does_with_a_password(closed: Closed, right: Right | None) -> None:
    if right and "SCHEMATHESIS_EXAMPLES" not in os.environ:
        pytest.skip("`make fuzz` asks with a key of each right")
    _try_all(closed.site, GenerationMode.POSITIVE, closed.headers(right), closed.headers(Right.READ))


def _try_all(site: Site, mode: GenerationMode, headers: dict[str, str], reader: dict[str, str]) -> None:
    """`reader` are the headers that get the document itself."""
    document = json.loads(site.ask("GET", "/openapi.json", reader).body)
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=f"http://127.0.0.1:{site.port}")
    failures = []
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        try:
            _try(operation, mode, headers)
        except Exception as failure:  # one operation's failure hides no other's
            failures.append(f"{operation.label}: {failure}")
    assert not failures, "\n\n".join(failures)


def _try(operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, headers: dict[str, str]) -> None:
    @limited
    @given(operation.as_strategy(generation_mode=mode))
    def keeps_its_promise(case: Case[Any]) -> None:
        answer = case.call_and_validate(excluded_checks=LEFT_OUT, allow_redirects=False, headers=headers)
        assert answer.status_code != 500, answer.text

    try:
        keeps_its_promise()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # nothing can be wrong with a request that takes nothing
