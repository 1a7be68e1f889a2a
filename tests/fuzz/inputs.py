"""What the fuzz targets are fed: a corpus of real cases, mutations of it, and noise."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

CORPUS = Path(__file__).parent / "corpus"
EXAMPLES = int(os.environ.get("ENTREPOT_FUZZ_EXAMPLES", "300"))
"""Inputs of each target; `make fuzz` takes a hundred times as many."""

FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def corpus(target: str) -> list[bytes]:
    """Every file of a target, as its bytes; a final line end does not count."""
    found = [path.read_bytes().removesuffix(b"\n") for path in sorted((CORPUS / target).iterdir())]
    assert found
    return found


def inputs(target: str, alphabet: str = "") -> st.SearchStrategy[bytes]:
    """A case of the corpus, one with pieces cut out, doubled or changed, or noise (of `alphabet`, where given)."""
    known = corpus(target)
    noise = st.text(st.sampled_from(alphabet)).map(str.encode) | st.binary() if alphabet else st.binary()
    return st.sampled_from(known) | st.builds(_mutated, st.sampled_from(known), st.lists(_CHANGES, max_size=4)) | noise


_CHANGES = st.tuples(
    st.sampled_from(["cut", "double", "put"]),
    st.integers(0, 2**16),
    st.integers(0, 32),
    st.sampled_from(
        [b'"', b"{", b"}", b"[", b",", b":", b"\\", b"\x00", b"\xff", b"-", b"0", b"/", b"=", b" ", b"null"]
    ),
)


def _mutated(data: bytes, changes: list[tuple[str, int, int, bytes]]) -> bytes:
    for kind, where, length, piece in changes:
        at = where % (len(data) + 1)
        if kind == "cut":
            data = data[:at] + data[at + length :]
        elif kind == "double":
            data = data[: at + length] + data[at:]
        else:
            data = data[:at] + piece + data[at:]
    return data


def text_of(data: bytes) -> str:
    """As a server reads a header: one character for each byte."""
    return data.decode("latin-1")
