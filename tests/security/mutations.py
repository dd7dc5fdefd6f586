"""Bytes that were good once: what Hypothesis makes of samples, for the readers to stumble over."""

import os
from collections.abc import Sequence

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))
fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
_STRANGE = (
    b"",
    b"\0",
    b"\xff" * 4,
    b"[" * 5_000,
    b'"',
    b"\r\n",
    b"9" * 400,
    b"{",
    b"}",
    b"(",
    b"L",
    b"-",
    b"\\",
    b"%00",
)
_PIECES = st.one_of(st.binary(max_size=40), st.sampled_from(_STRANGE))


@st.composite
def mutated(draw: st.DrawFn, samples: Sequence[bytes]) -> bytes:
    """A sample with up to six places cut out, overwritten, doubled or filled."""
    data = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(data)))
        length = draw(st.sampled_from((0, 1, 2, 4, 8, 64, len(data))))
        middle = draw(st.one_of(_PIECES, st.just(data[start : start + length] * 2)))
        data = data[:start] + middle + data[start + length :]
    return data
