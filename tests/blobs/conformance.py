"""What every BlobStore keeps, as tests to inherit: a subclass gives an `opener` fixture."""

from __future__ import annotations

import contextlib
import hashlib
import random
import time
import uuid
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from entrepot.domain.digests import of
from entrepot.domain.errors import BlobMissing, DigestMismatch, UploadLost

from .conformance_listing import ListingConformance
from .conformance_meetings import MeetingConformance
from .upload_machine import UploadMachine
from .uses import EMPTY, content, new_id, payload, process, said, stored, unfinished

if TYPE_CHECKING:
    from collections.abc import Callable

    from entrepot.blobs.store import BlobStore

    from .uses import Opener

CHUNK = 64 * 1024
LATER = 2**62
"""An instant after everything, in microseconds."""


class BlobStoreConformance(ListingConformance, MeetingConformance):
    """The suite. `opener` opens the same, at first empty, store again and again, in any process."""

    @pytest.fixture
    def store(self, opener: Opener) -> BlobStore:
        opened: BlobStore = opener()
        return opened

    @pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
    @pytest.mark.parametrize("size", [0, 1, CHUNK, 9 * 1024 * 1024 + 1])
    def test_what_is_committed_is_read_back(self, store: BlobStore, opener: Opener, size: int, algorithm: str) -> None:
        """Bytes of any size, none among them, come back whole from any store on the same place."""
        data = payload(size)
        blob = stored(store, data, algorithm)
        assert blob.size == size
        assert content(opener(), blob, of(data, algorithm)) == data
        assert unfinished(store) == set()

    def test_any_sequence_of_calls_keeps_the_bytes(self, opener: Opener) -> None:
        """An upload behaves like a bytearray under every order of calls, over two stores on one place."""

        class Machine(UploadMachine):
            def __init__(self) -> None:
                super().__init__(opener)

        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=40,
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )

    def test_a_range_is_read(self, store: BlobStore) -> None:
        """Reads answer what is asked for, less at the end, and nothing past it."""
        data = payload(1000)
        with contextlib.closing(store.open(stored(store, data), of(data))) as blob:
            assert blob.read(10, 20) == data[10:30]
            assert blob.read(990, 20) == data[990:]
            assert blob.read(1000, 20) == b""
            assert blob.read(5000, 20) == b""

    def test_any_buffer_can_be_written(self, store: BlobStore) -> None:
        """bytes, bytearray and memoryview are appended alike, and a bytearray is free again afterwards."""
        upload = store.create(new_id())
        buffer = bytearray(b"two")
        upload.write(b"one")
        upload.write(buffer)
        buffer.clear()
        upload.write(memoryview(b"three")[:2])
        assert upload.digest() == of(b"onetwoth")
        upload.discard()

    def test_a_suspended_upload_goes_on_in_another_process(self, store: BlobStore, opener: Opener) -> None:
        """Each request of an upload can meet another process."""
        upload_id, row = new_id(), (0, EMPTY)
        upload = store.create(upload_id)
        upload.write(payload(CHUNK))
        row = (upload.offset, upload.digest())
        upload.suspend()
        with process(opener, "append", upload_id, *row) as other:
            assert said(other) == "holding"
            offset, digest = said(other).split()
            assert other.wait() == 0
        assert digest == of(payload(2 * CHUNK))
        upload = store.resume(upload_id, int(offset), digest)
        upload.write(b"end")
        data = payload(2 * CHUNK) + b"end"
        assert content(store, upload.commit(of(data)), of(data)) == data

    @pytest.mark.parametrize("kill_after", [1, 2, 3, 5, 8, 13, 21, 34, 55, 89])
    def test_an_upload_survives_kill_9_in_mid_write(self, store: BlobStore, opener: Opener, kill_after: int) -> None:
        """What was acknowledged before a kill -9 is there, what was written after it is not, and the upload goes on."""
        upload_id = new_id()
        with process(opener, "write", upload_id) as other:
            assert said(other) == "holding"
            for _ in range(kill_after):
                offset, digest = said(other).split()
            time.sleep(random.random() / 1000)
            other.kill()
            other.wait()
        upload = store.resume(upload_id, int(offset), digest)
        assert upload.offset == kill_after * CHUNK
        assert upload.digest() == of(payload(kill_after * CHUNK))
        upload.write(b"the rest")
        data = payload(kill_after * CHUNK) + b"the rest"
        assert content(store, upload.commit(of(data)), of(data)) == data
        assert unfinished(store) == set()

    def test_an_upload_survives_kill_9_before_its_first_byte(self, store: BlobStore, opener: Opener) -> None:
        """An upload that was only begun resumes at 0."""
        upload_id = new_id()
        with process(opener, "hold", upload_id) as other:
            assert said(other) == "holding"
        upload = store.resume(upload_id, 0, EMPTY)
        assert upload.offset == 0
        upload.discard()

    @pytest.mark.parametrize(
        ("offset", "digest"), [(4, of(b"byte")), (6, of(b"bytes!")), (5, of(b"tybes")), (0, of(b"x"))]
    )
    def test_bytes_that_are_not_the_rows_are_lost(
        self, store: BlobStore, opener: Opener, offset: int, digest: str
    ) -> None:
        """A row that says more bytes, or others, than there are gets UploadLost; a shorter true one gets its bytes."""
        upload_id = new_id()
        upload = store.create(upload_id)
        upload.write(b"bytes")
        upload.suspend()
        for each in (store, opener()):
            if offset == 4:
                each.resume(upload_id, offset, digest).suspend()
                continue
            with pytest.raises(UploadLost):
                each.resume(upload_id, offset, digest)
        each.resume(upload_id, 5, of(b"bytes")).discard()

    def test_a_failed_request_is_cut_off(self, store: BlobStore) -> None:
        """Truncate goes back to any earlier offset, nowhere else, and what is written next takes its place."""
        upload = store.create(new_id())
        upload.write(b"one")
        upload.suspend()
        upload = store.resume(upload.upload_id, 3, of(b"one"))
        upload.reserve(1000)
        upload.write(b"two")
        for wrong in (7, -1):
            with pytest.raises(ValueError, match="not an earlier offset"):
                upload.truncate(wrong)
        upload.truncate(3)
        assert (upload.offset, upload.digest()) == (3, of(b"one"))
        upload.write(b"too")
        upload.truncate(3)
        assert (upload.offset, upload.digest()) == (3, of(b"one"))
        upload.truncate(1)
        upload.write(b"K")
        assert content(store, upload.commit(of(b"oK")), of(b"oK")) == b"oK"

    @pytest.mark.parametrize("wrong", [of(b"other"), of(b"other", "sha512")])
    def test_a_wrong_digest_leaves_nothing(self, store: BlobStore, wrong: str) -> None:
        """A blob that is not what was announced is refused, with both digests, and its bytes are given back."""
        upload = store.create(new_id())
        upload.write(b"bytes")
        with pytest.raises(DigestMismatch) as refused:
            upload.commit(wrong)
        actual = of(b"bytes", wrong.partition(":")[0])
        assert (refused.value.expected, refused.value.actual) == (wrong, actual)
        assert unfinished(store) == set()
        with pytest.raises(UploadLost):
            store.resume(upload.upload_id, 5, of(b"bytes"))

    def test_an_upload_that_was_let_go_takes_no_more_calls(self, store: BlobStore) -> None:
        """After suspend, commit and discard a write is UploadLost, and cleaning up again is nothing."""
        for let_go in ("suspend", "commit", "discard"):
            upload = store.create(new_id())
            if let_go == "commit":
                upload.commit(EMPTY)
            else:
                getattr(upload, let_go)()
            with pytest.raises(UploadLost):
                upload.write(b"x")
            with pytest.raises(UploadLost):
                upload.reserve(1)
            with pytest.raises(UploadLost):
                upload.commit(EMPTY)
            upload.truncate(0)
            upload.suspend()
            upload.discard()
            assert (upload.upload_id in unfinished(store)) == (let_go == "suspend")

    def test_delete_is_idempotent_and_final(self, store: BlobStore, opener: Opener) -> None:
        """A deleted blob is missing for every store, and stays readable for who has it open."""
        blob = stored(store, b"bytes")
        with contextlib.closing(store.open(blob, of(b"bytes"))) as opened:
            store.delete(blob.location)
            opener().delete(blob.location)
            assert opened.read(0, 5) == b"bytes"
        with pytest.raises(BlobMissing):
            opener().open(blob, of(b"bytes"))

    def test_abandoned_uploads_are_listed_by_age(self, store: BlobStore, opener: Opener) -> None:
        """Only what was last written before then is listed, and nothing that is held; discard empties the list."""
        begun = time.time_ns() // 1000
        upload = store.create(new_id())
        upload.write(b"bytes")
        assert unfinished(store) == set()
        upload.suspend()
        assert set(store.abandoned(begun - 1_000_000)) == set()
        assert set(opener().abandoned(begun + 60_000_000)) == {upload.upload_id}
        for upload_id in store.abandoned(LATER):
            store.discard(upload_id)
        assert unfinished(store) == set()

    @pytest.mark.parametrize(
        "name",
        ["", ".", "..", "../x", "/etc/passwd", "a\0b", "uploads", "blobs", str(uuid.UUID(int=10)).upper(), "é" * 300]
        + [str(uuid.UUID(int=1)) + tail for tail in ("/", "/..", "\n", " ")],
    )
    def test_no_upload_id_names_a_path(self, store: BlobStore, name: str) -> None:
        """What is no UUID is refused before anything is looked for."""
        for call in (store.create, store.discard, lambda text: store.resume(text, 0, EMPTY)):
            with pytest.raises(ValueError, match="not a name in"):
                call(name)

    @pytest.mark.parametrize(
        "change",
        [
            str.upper,
            lambda text: "../" + text,
            lambda text: text + "/../x",
            lambda text: text.replace("/", "/../"),
            lambda text: text.replace("/", "//"),
            lambda text: text.replace("256", "512"),
            lambda text: "sha256/00" + text[9:],
            lambda text: text[:-1],
            lambda text: text + "\n",
            lambda text: text[-36:],
            lambda _: "sha256",
            lambda _: "",
        ],
    )
    def test_no_location_names_another_path(self, store: BlobStore, change: Callable[[str], str]) -> None:
        """A location is what commit returned or nothing."""
        blob = stored(store, b"bytes")
        wrong = type(blob)(change(blob.location), blob.size, blob.identity)
        with pytest.raises(ValueError, match="not a name in"):
            store.open(wrong, of(b"bytes"))
        with pytest.raises(ValueError, match="not a name in"):
            store.open_unchanged(wrong, of(b"bytes"))
        with pytest.raises(ValueError, match="not a name in"):
            store.delete(wrong.location)
        with pytest.raises(ValueError, match="not a name in"):
            store.size(wrong.location)
        with pytest.raises(ValueError, match="not a name in"):
            store.verify(wrong, of(b"bytes"), lambda _: None)
        assert content(store, blob, of(b"bytes")) == b"bytes"

    def test_the_store_says_that_it_is_well(self, store: BlobStore) -> None:
        """Check is silent on a store in order."""
        store.check()

    def test_hashing_is_right_over_odd_pieces(self, store: BlobStore) -> None:
        """Writes larger and smaller than a piece hash and read back alike."""
        upload, expected = store.create(new_id()), hashlib.sha256()
        for size in (1, 2 * 1024 * 1024 + 7, 0, 13, 1024 * 1024):
            upload.write(payload(size))
            expected.update(payload(size))
        digest = f"sha256:{expected.hexdigest()}"
        blob = upload.commit(digest)
        assert of(content(store, blob, digest)) == digest
