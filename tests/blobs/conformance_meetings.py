"""What every BlobStore keeps when requests meet over one upload or one digest; part of `conformance`."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from entrepot.domain.digests import of
from entrepot.domain.errors import UploadBusy, UploadLost

from .uses import EMPTY, content, new_id, payload, process, said, unfinished

if TYPE_CHECKING:
    from entrepot.blobs.store import BlobStore, Stored, Upload

    from .uses import Opener

CHUNK = 64 * 1024


class MeetingConformance:
    """Requests of one process, or of several, that meet."""

    def test_one_request_at_a_time_holds_an_upload(self, store: BlobStore, opener: Opener) -> None:
        """A second holder is turned away, in this process and from another, and let in when the first is gone."""
        upload_id = new_id()
        with process(opener, "hold", upload_id) as other:
            assert said(other) == "holding"
            for _ in range(2):
                with pytest.raises(UploadBusy):
                    store.resume(upload_id, 0, EMPTY)
            assert unfinished(store) == set()
        first = store.resume(upload_id, 0, EMPTY)
        with pytest.raises(UploadBusy):
            opener().resume(upload_id, 0, EMPTY)
        first.suspend()
        opener().resume(upload_id, 0, EMPTY).discard()

    def test_many_threads_want_one_upload(self, store: BlobStore) -> None:
        """Of 32 threads that resume an upload at once, one gets it."""
        upload_id = new_id()
        store.create(upload_id).suspend()
        start = threading.Barrier(32)

        def resume() -> Upload | None:
            start.wait()
            with contextlib.suppress(UploadBusy):
                return store.resume(upload_id, 0, EMPTY)
            return None

        with ThreadPoolExecutor(32) as pool:
            holders = [each.result() for each in [pool.submit(resume) for _ in range(32)]]
        assert len([holder for holder in holders if holder is not None]) == 1
        for holder in holders:
            if holder is not None:
                holder.discard()

    def test_an_upload_id_is_used_once(self, store: BlobStore) -> None:
        """A second upload of the same id is refused and leaves the first alone."""
        upload = store.create(new_id())
        upload.write(b"first")
        with pytest.raises(UploadBusy):
            store.create(upload.upload_id)
        digest = upload.digest()
        upload.suspend()
        store.resume(upload.upload_id, 5, digest).discard()

    def test_an_id_that_comes_a_second_time_never_touches_what_it_stored(
        self, store: BlobStore, opener: Opener
    ) -> None:
        """Two requests end one upload by the same row: the late one is refused and its clean-up takes nothing away."""
        upload = store.create(new_id())
        upload.write(b"bytes")
        blob = upload.commit(of(b"bytes"))
        with pytest.raises((UploadBusy, UploadLost)):  # noqa: PT012  # a store may see it at the first call or the last
            late = opener().create(upload.upload_id)
            late.write(b"bytes")
            late.commit(of(b"bytes"))
        opener().discard(upload.upload_id)
        with contextlib.closing(store.open(blob, of(b"bytes"))) as opened:
            assert not opened.rehashed
        assert unfinished(store) == set()

    def test_a_cancelled_request_never_touches_a_new_upload_of_its_id(self, store: BlobStore) -> None:
        """Who holds an upload that was discarded, and then begun again by another, ends without the other noticing."""
        for end in ("commit", "discard"):
            first = store.create(new_id())
            first.write(b"first")
            store.discard(first.upload_id)
            second = store.create(first.upload_id)
            second.write(b"second")
            if end == "commit":
                with pytest.raises(UploadLost):
                    first.commit(of(b"first"))
            else:
                first.discard()
            assert content(store, second.commit(of(b"second")), of(b"second")) == b"second"

    def test_a_stale_row_does_no_harm(self, store: BlobStore) -> None:
        """A request that resumed by an old row and then saw the new one lets go without cutting anything off."""
        upload = store.create(new_id())
        upload.write(b"one")
        upload.suspend()
        upload = store.resume(upload.upload_id, 3, of(b"one"))
        upload.write(b"two")
        upload.suspend()
        stale = store.resume(upload.upload_id, 3, of(b"one"))
        stale.suspend()
        assert stale.digest() == of(b"one")
        store.resume(upload.upload_id, 6, of(b"onetwo")).discard()

    def test_the_digest_of_a_suspended_upload_stays(self, store: BlobStore) -> None:
        """A request that let go still reads its own digest, whatever the next one writes."""
        first = store.create(new_id())
        first.write(b"one")
        first.suspend()
        second = store.resume(first.upload_id, 3, of(b"one"))
        second.write(b"two")
        assert (first.digest(), second.digest()) == (of(b"one"), of(b"onetwo"))
        second.discard()

    def test_64_uploads_of_one_digest_are_64_blobs(self, store: BlobStore) -> None:
        """Pushers of the same bytes never meet: each has its location, and deleting 63 leaves one whole."""
        data = payload(CHUNK)
        start = threading.Barrier(64)

        def push() -> Stored:
            upload = store.create(new_id())
            upload.write(data)
            start.wait()
            return upload.commit(of(data))

        with ThreadPoolExecutor(64) as pool:
            blobs = [each.result() for each in [pool.submit(push) for _ in range(64)]]
        assert len({blob.location for blob in blobs}) == 64
        for blob in blobs[1:]:
            store.delete(blob.location)
        assert content(store, blobs[0], of(data)) == data

    def test_discard_wins_over_the_request_that_holds_the_upload(self, store: BlobStore, opener: Opener) -> None:
        """An upload cancelled by another request cannot be committed, and nothing of it is left."""
        upload = store.create(new_id())
        upload.write(b"bytes")
        opener().discard(upload.upload_id)
        opener().discard(upload.upload_id)
        with pytest.raises(UploadLost):
            upload.commit(of(b"bytes"))
        assert unfinished(store) == set()

    def test_a_discard_that_comes_late_leaves_the_blob_alone(self, store: BlobStore) -> None:
        """Discarding an upload that was committed meanwhile takes nothing from the blob."""
        upload = store.create(new_id())
        upload.write(b"bytes")
        blob = upload.commit(of(b"bytes"))
        upload.discard()
        store.discard(upload.upload_id)
        with pytest.raises(UploadLost):
            store.resume(upload.upload_id, 5, of(b"bytes"))
        assert content(store, blob, of(b"bytes")) == b"bytes"

    def test_calls_of_two_threads_are_carried_out_one_after_the_other(self, store: BlobStore) -> None:
        """A discard while another thread still writes (a cancelled request) ends in a whole file or none."""
        for _ in range(20):
            upload = store.create(new_id())
            with ThreadPoolExecutor(1) as pool:
                writing = pool.submit(upload.write, bytes(4 * 1024 * 1024))
                upload.discard()
                assert writing.exception() is None or isinstance(writing.exception(), UploadLost)
        assert unfinished(store) == set()
