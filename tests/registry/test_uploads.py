"""Starting, appending to, finishing, cancelling and mounting uploads, on both databases and with real files."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.factories import KEY, REGION, Clock, a_blob, a_caller, a_repository
from tests.registry.steps import CALLER, NAME, append, files, finish, start, stored

from entrepot.domain import blobs as rules
from entrepot.domain import digests
from entrepot.domain import errors as e
from entrepot.domain.quotas import Quotas
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Mutability
from entrepot.registry import garbage, layers, repositories, uploads
from entrepot.registry.context import Registry
from entrepot.store import audit as audit_table

PART = rules.PART_BYTES_MIN


@pytest.fixture(autouse=True)
def _repository(reg: Registry) -> None:
    a_repository(reg)


def test_chunks(reg: Registry, tmp_path: Path) -> None:
    """Chunks of any size make the blob whose digest the client names."""
    upload = start(reg)
    assert uploads.standing(reg, CALLER, KEY, NAME, upload) == 0
    assert append(reg, upload, b"one ", 0) == 4
    assert append(reg, upload, b"two", 4) == 7
    assert uploads.standing(reg, CALLER, KEY, NAME, upload) == 7
    finish(reg, upload, digests.of(b"one two"))
    assert stored(reg, digests.of(b"one two")) == b"one two"
    assert files(tmp_path) == (0, 1)


def test_empty_blob(reg: Registry) -> None:
    """A blob of no bytes is a blob."""
    upload = start(reg)
    finish(reg, upload, uploads.EMPTY)
    assert stored(reg, uploads.EMPTY) == b""


def test_sha512(reg: Registry) -> None:
    """A blob is kept under the digest that the client names, of either algorithm."""
    digest = digests.of(b"data", "sha512")
    upload = start(reg)
    append(reg, upload, b"data")
    finish(reg, upload, digest)
    assert stored(reg, digest) == b"data"
    with pytest.raises(e.LayerNotFound):
        stored(reg, digests.of(b"data"))


def test_wrong_place(reg: Registry) -> None:
    """A chunk that does not continue the upload changes nothing and says where it stands."""
    upload = start(reg)
    append(reg, upload, b"abc")
    for at in (0, 2, 4):
        with pytest.raises(e.UploadRangeInvalid) as caught:
            append(reg, upload, b"x", at)
        assert caught.value.offset == 3
    append(reg, upload, b"def", 3)
    finish(reg, upload, digests.of(b"abcdef"))


def test_a_broken_request_leaves_no_bytes(reg: Registry) -> None:
    """What a request brought before it broke off is cut off again."""
    upload = start(reg)
    append(reg, upload, b"abc")

    def broken() -> None:
        with uploads.receiving(reg, CALLER, KEY, NAME, upload, None) as held:
            held.bytes.write(b"half")
            raise ConnectionError

    with pytest.raises(ConnectionError):
        broken()
    assert uploads.standing(reg, CALLER, KEY, NAME, upload) == 3
    append(reg, upload, b"def", 3)
    finish(reg, upload, digests.of(b"abcdef"))


def test_wrong_digest(reg: Registry, tmp_path: Path) -> None:
    """Bytes that are not what the client says are no blob, and the upload is over."""
    upload = start(reg)
    append(reg, upload, b"abc")
    with pytest.raises(e.DigestMismatch):
        finish(reg, upload, digests.of(b"other"))
    with pytest.raises(e.LayerNotFound):
        stored(reg, digests.of(b"abc"))
    assert files(tmp_path) == (0, 0)
    with pytest.raises(e.UploadNotFound):
        finish(reg, upload, digests.of(b"abc"))


def test_cancel(reg: Registry, tmp_path: Path) -> None:
    """A cancelled upload is gone with its bytes."""
    upload = start(reg)
    append(reg, upload, b"abc")
    uploads.cancel(reg, CALLER, KEY, NAME, upload)
    assert files(tmp_path) == (0, 0)
    for use in (append, finish):
        with pytest.raises(e.UploadNotFound):
            use(reg, upload, digests.of(b"abc"))  # type: ignore[arg-type]
    with pytest.raises(e.UploadNotFound):
        uploads.cancel(reg, CALLER, KEY, NAME, upload)


def test_an_upload_is_used_once(reg: Registry) -> None:
    """A finished upload is gone."""
    upload = start(reg)
    append(reg, upload, b"abc")
    finish(reg, upload, digests.of(b"abc"))
    with pytest.raises(e.UploadNotFound):
        finish(reg, upload, digests.of(b"abc"))


def test_an_upload_is_of_one_repository_and_one_principal(reg: Registry) -> None:
    """Its id means nothing in another repository, to somebody else, or after the repository was made again."""
    a_repository(reg, "other")
    upload = start(reg)
    with pytest.raises(e.UploadNotFound):
        uploads.standing(reg, CALLER, KEY, "other", upload)
    with pytest.raises(e.UploadNotFound):
        uploads.standing(reg, a_caller(account="999999999999"), KEY, NAME, upload)
    repositories.delete(reg, CALLER, KEY, NAME, force=False)
    a_repository(reg)
    with pytest.raises(e.UploadNotFound):
        uploads.standing(reg, CALLER, KEY, NAME, upload)


@pytest.mark.parametrize("upload", ["", "x", "../../etc/passwd", "0" * 36, "\0" * 36, "é" * 36, "a" * 5000])
def test_unknown_uploads(reg: Registry, upload: str) -> None:
    """Text that is no upload's id names none."""
    with pytest.raises(e.UploadNotFound):
        append(reg, upload, b"x")


def test_one_request_at_a_time(reg: Registry) -> None:
    """A second request for an upload that one holds is told to wait, and disturbs nothing."""
    upload = start(reg)
    append(reg, upload, b"abc")
    with uploads.receiving(reg, CALLER, KEY, NAME, upload, None) as held:
        held.bytes.write(b"def")
        with pytest.raises(e.UploadBusy):
            append(reg, upload, b"xyz")
        uploads.keep(reg, held)
    finish(reg, upload, digests.of(b"abcdef"))


@pytest.mark.parametrize("known", [False, True], ids=["new bytes", "bytes that the store has"])
@pytest.mark.parametrize("end", ["finish", "keep"])
@pytest.mark.parametrize("by", ["cancel", "delete"])
def test_an_upload_that_is_ended_during_a_request(
    reg: Registry, tmp_path: Path, by: str, end: str, known: bool
) -> None:
    """A request whose upload or repository goes meanwhile fails, shows nothing and leaves no file."""
    a_repository(reg, "other")
    before = (0, 0)
    if known:
        a_blob(reg, b"abc", "other")
        before = (0, 1)
    upload = start(reg)

    def late() -> None:
        with uploads.receiving(reg, CALLER, KEY, NAME, upload, None) as held:
            held.bytes.write(b"abc")
            if by == "cancel":
                uploads.cancel(reg, CALLER, KEY, NAME, upload)
            else:
                repositories.delete(reg, CALLER, KEY, NAME, force=False)
                a_repository(reg)
            if end == "finish":
                uploads.finish(reg, CALLER, held, digests.of(b"abc"))
            else:
                uploads.keep(reg, held)

    with pytest.raises((e.UploadNotFound, e.UploadLost)):
        late()
    assert files(tmp_path) == before
    with pytest.raises(e.LayerNotFound):
        stored(reg, digests.of(b"abc"))


def test_a_transaction_that_fails_shows_nothing(reg: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """A blob whose row, membership or audit record cannot be written is not there, and can be pushed again."""

    def fail(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(audit_table, "insert", fail)
        with pytest.raises(ConnectionError):
            a_blob(reg, b"abc")
    for table in ("blobs", "repository_blobs"):
        assert reg.db.read(lambda tx, table=table: tx.all(f"SELECT * FROM {table}")) == []  # type: ignore[misc]
    assert stored(reg, a_blob(reg, b"abc")) == b"abc"


def test_a_request_that_looked_too_early(reg: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that saw the upload before another one moved it cuts off nothing of what that one brought."""
    upload = start(reg)
    append(reg, upload, b"abc")
    resume = type(reg.blobs).resume

    def slow(*given: Any) -> Any:
        monkeypatch.undo()
        append(reg, upload, b"def", 3)
        return resume(*given)

    monkeypatch.setattr(type(reg.blobs), "resume", slow)
    with pytest.raises((e.UploadBusy, e.UploadLost)):
        append(reg, upload, b"xyz", 3)
    assert uploads.standing(reg, CALLER, KEY, NAME, upload) == 6
    finish(reg, upload, digests.of(b"abcdef"))


def test_an_error_after_keeping(reg: Registry) -> None:
    """What was kept stays, also when the request fails afterwards."""
    upload = start(reg)

    def broken() -> None:
        with uploads.receiving(reg, CALLER, KEY, NAME, upload, None) as held:
            held.bytes.write(b"abc")
            uploads.keep(reg, held)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        broken()
    append(reg, upload, b"def", 3)
    finish(reg, upload, digests.of(b"abcdef"))


def test_many_pushers_of_one_blob(reg: Registry, tmp_path: Path) -> None:
    """Sixty-four pushers of one blob all succeed; one copy stays and no temporary file."""
    data = b"the same" * 1000
    errors: list[BaseException] = []
    barrier = threading.Barrier(64)

    def work() -> None:
        barrier.wait()
        try:
            a_blob(reg, data)
        except BaseException as error:  # noqa: BLE001  # shown below
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert files(tmp_path) == (0, 1)
    assert stored(reg, digests.of(data)) == data


@pytest.mark.parametrize("harm", ["flip", "cut", "empty", "remove"])
def test_a_damaged_blob_is_not_served_and_is_healed_by_a_push(reg: Registry, tmp_path: Path, harm: str) -> None:
    """Wrong bytes are never given out; pushing the blob again repairs it and removes what was wrong."""
    digest = a_blob(reg, b"precious bytes")
    [path] = (path for path in (tmp_path / "storage" / "blobs").rglob("*") if path.is_file())
    path.chmod(0o600)
    match harm:
        case "flip":
            path.write_bytes(b"precious bytez")
        case "cut":
            path.write_bytes(b"precious")
        case "empty":
            path.write_bytes(b"")
        case _:
            path.unlink()
    with pytest.raises((e.BlobCorrupt, e.BlobMissing)):
        stored(reg, digest)
    for _ in range(2):
        with pytest.raises(e.LayerNotFound):
            layers.look(reg, KEY, NAME, digest)  # so that clients push it
        with pytest.raises((e.BlobCorrupt, e.BlobMissing)):
            stored(reg, digest)
    found = reg.db.read(lambda tx: tx.all("SELECT type, detail FROM outbox WHERE type = 'Entrepot Blob Damaged'"))
    assert [json.loads(detail)["repository-names"] for _, detail in found] == [[NAME]]
    a_blob(reg, b"precious bytes")
    assert stored(reg, digest) == b"precious bytes"
    assert layers.look(reg, KEY, NAME, digest)[0].digest == digest
    garbage.collect(reg)
    assert files(tmp_path) == (0, 1)


def test_damage_that_was_mended_by_hand(reg: Registry, tmp_path: Path) -> None:
    """A file that somebody put right is hashed once more and served again."""
    digest = a_blob(reg, b"precious bytes")
    [path] = (path for path in (tmp_path / "storage" / "blobs").rglob("*") if path.is_file())
    path.write_bytes(b"precious bytez")
    with pytest.raises(e.BlobCorrupt):
        stored(reg, digest)
    path.write_bytes(b"precious bytes")
    assert stored(reg, digest) == b"precious bytes"
    assert layers.look(reg, KEY, NAME, digest)[0].damaged_at is None


def test_mount(reg: Registry, tmp_path: Path) -> None:
    """A blob is given to a second repository without a second copy; an unknown one, or one of nowhere, is not."""
    digest = a_blob(reg, b"shared")
    a_repository(reg, "other")
    for source in ("nowhere", "other", ""):
        assert uploads.mount(reg, CALLER, KEY, "other", digest, source) is None
    assert uploads.mount(reg, CALLER, KEY, "other", digests.of(b"unknown"), NAME) is None
    blob = uploads.mount(reg, CALLER, KEY, "other", digest, NAME)
    assert blob is not None
    assert layers.find(reg, KEY, "other", digest) == blob
    assert files(tmp_path) == (0, 1)
    with pytest.raises(e.RepositoryNotFound):
        uploads.mount(reg, CALLER, KEY, "nowhere", digest, NAME)


def test_mount_from_anywhere(reg: Registry) -> None:
    """Without a source, any repository of the registry that has the blob will do."""
    digest = a_blob(reg, b"shared")
    a_repository(reg, "other")
    assert uploads.mount(reg, CALLER, KEY, "other", digests.of(b"unknown"), None) is None
    blob = uploads.mount(reg, CALLER, KEY, "other", digest, None)
    assert blob is not None
    assert layers.find(reg, KEY, "other", digest) == blob
    elsewhere = RegistryKey(KEY.account, "eu-north-1")
    make = partial(repositories.create, scan_on_push=False, encryption_type="AES256", tags={})
    make(reg, CALLER, elsewhere, "other", mutability=Mutability())
    assert uploads.mount(reg, CALLER, elsewhere, "other", digest, None) is None


@pytest.mark.parametrize("source", [NAME, None])
def test_mount_needs_the_right_to_read_the_source(reg: Registry, source: str | None) -> None:
    """A blob that the caller may not download is like one that is not there."""
    digest = a_blob(reg, b"shared")
    a_repository(reg, "other")
    stranger = a_caller(account="999999999999")
    assert uploads.mount(reg, stranger, KEY, "other", digest, source) is None


def test_a_blob_is_leased(reg: Registry, clock: Clock) -> None:
    """A new blob is protected for two days by the transaction that makes it."""
    a_blob(reg, b"new")
    rows = reg.db.read(lambda tx: tx.all("SELECT leased_until FROM repository_blobs"))
    assert rows == [(clock.at + 48 * 3600 * 1_000_000,)]


def test_another_registry(reg: Registry) -> None:
    """A repository is not found in another account's registry."""
    with pytest.raises(e.RepositoryNotFound, match="in the registry with id '999999999999'"):
        uploads.start(reg, CALLER, RegistryKey("999999999999", REGION), NAME)


# --- the API's parts -------------------------------------------------------------------------------------------


def part(reg: Registry, upload: str, first: int, data: bytes) -> int:
    return uploads.put_part(reg, CALLER, KEY, NAME, upload, first, first + len(data) - 1, data)


def complete(reg: Registry, upload: str, *offered: str) -> str:
    return uploads.complete(reg, CALLER, KEY, NAME, upload, offered).digest


def test_parts(reg: Registry) -> None:
    """Parts in order make a layer; the answer counts the last byte."""
    upload, data = start(reg), b"x" * (PART + 3)
    assert part(reg, upload, 0, data[:PART]) == PART - 1
    assert part(reg, upload, PART, data[PART:]) == PART + 2
    digest = digests.of(data)
    assert complete(reg, upload, digests.of(b"wrong guess"), digest) == digest


def test_parts_in_the_wrong_place(reg: Registry) -> None:
    """A part that leaves a gap, overlaps, or is not as long as it says tells the last valid byte."""
    upload = start(reg)
    part(reg, upload, 0, b"x" * PART)
    for first, last, data in ((PART + 1, PART + 1, b"y"), (0, 0, b"y"), (PART, PART + 5, b"y"), (PART, PART - 1, b"y")):
        with pytest.raises(e.InvalidLayerPart) as caught:
            uploads.put_part(reg, CALLER, KEY, NAME, upload, first, last, data)
        assert caught.value.last_valid_byte == PART - 1
    with pytest.raises(e.InvalidLayerPart):
        part(reg, upload, PART, b"")
    assert part(reg, upload, PART, b"y") == PART


def test_small_parts(reg: Registry) -> None:
    """Only the last part may be smaller than 5 MiB."""
    upload = start(reg)
    part(reg, upload, 0, b"x" * (PART - 1))
    part(reg, upload, PART - 1, b"y")
    with pytest.raises(e.LayerPartTooSmall, match="at least 5 MiB"):
        complete(reg, upload, digests.of(b"x" * (PART - 1) + b"y"))


def test_no_parts(reg: Registry) -> None:
    """An upload without parts is no layer."""
    with pytest.raises(e.EmptyUpload):
        complete(reg, start(reg), uploads.EMPTY)


def test_complete_with_a_wrong_digest(reg: Registry) -> None:
    """None of the offered digests is the bytes'."""
    upload = start(reg)
    part(reg, upload, 0, b"abc")
    for offered in (["sha256:" + "0" * 64], ["junk"], ["sha512:00"]):
        with pytest.raises(e.DigestMismatch):
            complete(reg, upload, *offered)
    assert complete(reg, upload, digests.of(b"abc", "sha512")).startswith("sha512:")


def test_complete_twice(reg: Registry) -> None:
    """A layer that the repository has already is an error, as ECR has it."""
    a_blob(reg, b"abc")
    upload = start(reg)
    part(reg, upload, 0, b"abc")
    with pytest.raises(e.LayerAlreadyExists):
        complete(reg, upload, digests.of(b"abc"))
    with pytest.raises(e.UploadNotFound):
        uploads.standing(reg, CALLER, KEY, NAME, upload)


def test_who_is_told_that_a_layer_is_there_already(reg: Registry, clock: Clock) -> None:
    """That answer, too, keeps the layer for a whole lease."""
    a_blob(reg, b"abc")
    clock.forward(24 * 3600)
    upload = start(reg)
    part(reg, upload, 0, b"abc")
    with pytest.raises(e.LayerAlreadyExists):
        complete(reg, upload, digests.of(b"abc"))
    rows = reg.db.read(lambda tx: tx.all("SELECT leased_until FROM repository_blobs"))
    assert rows == [(clock.at + 48 * 3600 * 1_000_000,)]


def test_limits(reg: Registry) -> None:
    """Too many parts and too large a layer are refused before a byte is kept."""
    upload = start(reg)
    part(reg, upload, 0, b"abc")
    with pytest.raises(e.LimitExceeded):
        part(replace(reg, quotas=Quotas(layer_parts=1)), upload, 3, b"def")
    with pytest.raises(e.LayerTooLarge):
        part(replace(reg, quotas=Quotas(layer_bytes=5)), upload, 3, b"def")
    assert uploads.standing(reg, CALLER, KEY, NAME, upload) == 3
