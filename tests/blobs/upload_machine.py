"""One upload in any order of calls, as a hypothesis state machine."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from entrepot.domain.digests import of
from entrepot.domain.errors import DigestMismatch, UploadBusy, UploadLost

from .uses import EMPTY, content, new_id, unfinished

if TYPE_CHECKING:
    from entrepot.blobs.store import Upload

    from .uses import Opener


class UploadMachine(RuleBasedStateMachine):
    """One upload, in any order of calls, against a bytearray and the row that a database would keep."""

    opener: Opener

    def __init__(self, opener: Opener) -> None:
        super().__init__()
        self.stores = [opener(), opener()]
        self.row: tuple[str, int, str] = (new_id(), 0, EMPTY)
        self.upload: Upload | None = self.stores[0].create(self.row[0])
        self.data = bytearray()

    def held(self) -> Upload:
        assert self.upload is not None
        return self.upload

    def start_again(self) -> None:
        self.row = (new_id(), 0, EMPTY)
        self.upload = self.stores[0].create(self.row[0])
        self.data = bytearray()

    @precondition(lambda self: self.upload is not None)
    @rule(size=st.integers(0, 3000), seed=st.integers(0, 2**32), reserved=st.booleans())
    def write(self, size: int, seed: int, reserved: bool) -> None:
        piece = random.Random(seed).randbytes(size)
        if reserved:
            self.held().reserve(2 * size)
        self.held().write(memoryview(piece))
        self.data += piece

    @precondition(lambda self: self.upload is not None)
    @rule(share=st.floats(0, 1))
    def truncate(self, share: float) -> None:
        offset = int(len(self.data) * share)
        self.held().truncate(offset)
        del self.data[offset:]

    @precondition(lambda self: self.upload is not None)
    @rule()
    def truncate_to_where_the_request_began(self) -> None:
        if self.row[1] <= len(self.data) and of(bytes(self.data[: self.row[1]])) == self.row[2]:
            self.held().truncate(self.row[1])
            del self.data[self.row[1] :]

    @precondition(lambda self: self.upload is not None)
    @rule()
    def suspend(self) -> None:
        self.row = (self.row[0], self.held().offset, self.held().digest())
        self.held().suspend()
        self.upload = None

    @precondition(lambda self: self.upload is None)
    @rule(which=st.integers(0, 1))
    def resume(self, which: int) -> None:
        self.upload = self.stores[which].resume(*self.row)

    @precondition(lambda self: self.upload is None and self.row[1] > 0)
    @rule(which=st.integers(0, 1), digest=st.sampled_from([EMPTY, of(b"other")]))
    def resume_by_a_wrong_row(self, which: int, digest: str) -> None:
        with pytest.raises(UploadLost):
            self.stores[which].resume(self.row[0], self.row[1], digest)
        with pytest.raises(UploadLost):
            self.stores[which].resume(self.row[0], self.row[1] + 1, self.row[2])

    @precondition(lambda self: self.upload is not None)
    @rule(which=st.integers(0, 1))
    def resume_what_is_held(self, which: int) -> None:
        with pytest.raises(UploadBusy):
            self.stores[which].resume(*self.row)

    @precondition(lambda self: self.upload is not None)
    @rule(algorithm=st.sampled_from(["sha256", "sha512"]), which=st.integers(0, 1))
    def commit(self, algorithm: str, which: int) -> None:
        data = bytes(self.data)
        blob = self.held().commit(of(data, algorithm))
        assert content(self.stores[which], blob, of(data, algorithm)) == data
        self.stores[which].delete(blob.location)
        self.start_again()

    @precondition(lambda self: self.upload is not None)
    @rule(algorithm=st.sampled_from(["sha256", "sha512"]))
    def commit_under_a_wrong_digest(self, algorithm: str) -> None:
        with pytest.raises(DigestMismatch):
            self.held().commit(of(b"none of these", algorithm))
        assert self.row[0] not in unfinished(self.stores[0])
        self.start_again()

    @rule(which=st.integers(0, 1))
    def discard(self, which: int) -> None:
        if self.upload is not None:
            self.upload.discard()
        self.stores[which].discard(self.row[0])
        with pytest.raises(UploadLost):
            self.stores[which].resume(*self.row)
        self.start_again()

    @invariant()
    def offset_and_digest_are_those_of_the_bytes(self) -> None:
        if self.upload is not None:
            assert self.upload.offset == len(self.data)
            assert self.upload.digest() == of(bytes(self.data))

    def teardown(self) -> None:
        if self.upload is not None:
            self.upload.discard()
