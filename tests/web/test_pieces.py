"""Pieces of a body: nothing is lost, large ones are not copied, and small ones do not pile up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.web.pieces import APART, Pieces

SOME = st.lists(st.sampled_from([0, 1, 7, APART - 1, APART, 3 * APART]), max_size=60)


@given(SOME)
def test_nothing_is_lost(sizes: list[int]) -> None:
    """All bytes come out once, in their order, and after that there are none."""
    pieces, added = Pieces(), [bytes([number % 256]) * size for number, size in enumerate(sizes)]
    for piece in added:
        pieces.add(piece)
    assert pieces.size == sum(sizes)
    assert b"".join(pieces.parts) == b"".join(added)
    assert pieces.take() == b"".join(added)
    assert (pieces.size, pieces.parts, pieces.take()) == (0, [], b"")


@given(SOME)
def test_few_objects_for_few_bytes(sizes: list[int]) -> None:
    """However small the pieces are, the parts are not many more than their bytes need."""
    pieces = Pieces()
    for size in sizes:
        pieces.add(bytes(size))
    assert len(pieces.parts) <= 1 + 2 * (pieces.size // APART + 1)


@pytest.mark.parametrize("size", [1, APART - 1, APART, 10 * APART])
def test_a_single_piece_is_not_copied(size: int) -> None:
    """It comes out as the object that it was."""
    pieces, piece = Pieces(), bytes(size)
    pieces.add(piece)
    assert pieces.take() is piece


def test_large_pieces_are_not_copied() -> None:
    """They stand as they came, behind small ones too."""
    pieces = Pieces()
    added = [bytes(APART), b"x", b"y", bytes(2 * APART), bytes(APART)]
    for piece in added:
        pieces.add(piece)
    assert [len(part) for part in pieces.parts] == [APART, 2, 2 * APART, APART]
    assert all(pieces.parts[at] is added[of] for at, of in ((0, 0), (2, 3), (3, 4)))
