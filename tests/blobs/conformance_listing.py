"""What every BlobStore keeps about finding what is stored and proving its bytes: the second part of the suite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from entrepot.blobs.store import digest_of, upload_of
from entrepot.domain.digests import of
from entrepot.domain.errors import BlobMissing

from .uses import content, new_id, payload, stored

if TYPE_CHECKING:
    from entrepot.blobs.store import BlobStore

    from .uses import Opener


class ListingConformance:
    """The suite's tests of `locations`, `size`, `foreign` and `verify`."""

    def test_every_stored_blob_is_listed_once(self, store: BlobStore, opener: Opener) -> None:
        """Locations are those of commits whose blobs were not deleted, in this process and in others."""
        assert list(store.locations()) == []
        blobs = [stored(store, payload(n), algorithm) for n in range(40) for algorithm in ("sha256", "sha512")]
        twice = stored(store, payload(1))
        unfinished = store.create(new_id())
        unfinished.write(b"bytes")
        for blob in blobs[::3]:
            store.delete(blob.location)
        left = sorted({blob.location for blob in blobs} - {blob.location for blob in blobs[::3]} | {twice.location})
        assert sorted(store.locations()) == sorted(opener().locations()) == left
        unfinished.discard()

    def test_a_listing_goes_on_beside_deletes(self, store: BlobStore) -> None:
        """Who deletes what is listed gets to the end of the list, and then nothing is left."""
        for number in range(100):
            stored(store, payload(number))
        for location in store.locations():
            store.delete(location)
        assert list(store.locations()) == []

    def test_a_location_tells_digest_and_upload(self, store: BlobStore) -> None:
        """What a row would say of a stored blob can be read off its location."""
        for algorithm in ("sha256", "sha512"):
            upload = store.create(new_id())
            upload.write(b"bytes")
            blob = upload.commit(of(b"bytes", algorithm))
            assert digest_of(blob.location) == of(b"bytes", algorithm)
            assert upload_of(blob.location) == upload.upload_id

    def test_size_tells_what_is_there(self, store: BlobStore) -> None:
        """Size is that of the stored bytes, and None once they are deleted."""
        for count in (0, 1, 70_000):
            blob = stored(store, payload(count))
            assert store.size(blob.location) == count
            store.delete(blob.location)
            assert store.size(blob.location) is None

    def test_what_the_store_made_is_not_foreign(self, store: BlobStore) -> None:
        """Uploads, blobs and the folders of both are the store's own."""
        stored(store, b"bytes")
        stored(store, b"bytes", "sha512")
        store.create(new_id()).suspend()
        assert list(store.foreign()) == []

    @pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
    @pytest.mark.parametrize("size", [0, 1, 3 * 1024 * 1024 + 1])
    def test_verify_reads_every_byte(self, store: BlobStore, algorithm: str, size: int) -> None:
        """A whole blob verifies, whatever identity is on record; the pace is told of all its bytes."""
        data, told = payload(size), list[int]()
        blob = stored(store, data, algorithm)
        assert store.verify(type(blob)(blob.location, size, "old"), of(data, algorithm), told.append) == blob.identity
        assert sum(told) == size
        assert max(told, default=0) <= 1024 * 1024
        assert content(store, blob, of(data, algorithm)) == data

    def test_verify_tells_of_a_missing_blob(self, store: BlobStore) -> None:
        """A deleted blob is missing, not damaged."""
        blob = stored(store, b"bytes")
        store.delete(blob.location)
        with pytest.raises(BlobMissing):
            store.verify(blob, of(b"bytes"), lambda _: None)

    def test_verify_can_be_broken_off(self, store: BlobStore) -> None:
        """What the pace raises ends it and comes through."""
        data = payload(2 * 1024 * 1024)
        blob = stored(store, data)

        def stop(_: int) -> None:
            raise StopAsyncIteration

        with pytest.raises(StopAsyncIteration):
            store.verify(blob, of(data), stop)
