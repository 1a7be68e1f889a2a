"""Blob uploads over `/v2`. (OCI distribution-spec 1.1, "Pushing blobs".)"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.factories import KEY, a_blob, a_caller, a_repository
from tests.oci.conftest import Client, basic
from tests.registry.iam import HERE, a_user, accounts

from entrepot.domain import digests
from entrepot.registry import access, access_keys, account_settings, identities
from entrepot.registry.context import Registry
from entrepot.store import inline_policies

UPLOADS = "team/app/blobs/uploads/"
DATA = b"0123456789" * 300_000  # more than the megabyte that is gathered
DIGEST = digests.of(DATA)


def begin(client: Client) -> str:
    answer = client("POST", UPLOADS)
    assert (answer.status, answer.headers["range"], answer.headers["content-length"]) == (202, "0-0", "0")
    return answer.headers["location"].removeprefix("/v2/")


def temporary(folder: Path) -> int:
    return len(list((folder / "storage" / "uploads").iterdir()))


def pull(client: Client, digest: str) -> bytes:
    answer = client("GET", f"team/app/blobs/{digest}")
    assert answer.status == 200
    return answer.body


def created(client: Client, digest: str) -> dict[str, str]:
    return {"location": f"/v2/team/app/blobs/{digest}", "docker-content-digest": digest}


@pytest.mark.parametrize("body", [DATA, [DATA[:7], DATA[7:]], [DATA[at : at + 999] for at in range(0, len(DATA), 999)]])
def test_post_then_put(client: Client, body: bytes | list[bytes], tmp_path: Path) -> None:
    """end-4a, end-6: the whole blob with the PUT, with a length or in chunks of the transport."""
    answer = client("PUT", f"{begin(client)}?digest={DIGEST}", body)
    assert answer.status == 201
    assert created(client, DIGEST).items() <= answer.headers.items()
    assert pull(client, DIGEST) == DATA
    assert temporary(tmp_path) == 0


def test_single_post(client: Client) -> None:
    """end-4b: one POST is the whole push."""
    answer = client("POST", f"{UPLOADS}?digest={DIGEST}", DATA)
    assert answer.status == 201
    assert created(client, DIGEST).items() <= answer.headers.items()
    assert pull(client, DIGEST) == DATA


def test_streamed_patch(client: Client) -> None:
    """end-5 without Content-Range, as docker and podman do it, then an empty PUT."""
    place = begin(client)
    answer = client("PATCH", place, [DATA[:1_500_000], DATA[1_500_000:]])
    assert (answer.status, answer.headers["range"]) == (202, f"0-{len(DATA) - 1}")
    assert client("PUT", f"{place}?digest={DIGEST}").status == 201
    assert pull(client, DIGEST) == DATA


def test_chunks(client: Client) -> None:
    """end-5 with Content-Range; the last chunk may come with the PUT; GET tells where the upload stands."""
    place = begin(client)
    for start in (0, 1_000_000):
        chunk = DATA[start : start + 1_000_000]
        answer = client("PATCH", place, chunk, content_range=f"{start}-{start + len(chunk) - 1}")
        assert (answer.status, answer.headers["range"]) == (202, f"0-{start + len(chunk) - 1}")
        status = client("GET", place)
        assert (status.status, status.headers["range"]) == (204, answer.headers["range"])
        assert "content-length" not in status.headers
    last = f"2000000-{len(DATA) - 1}"
    assert client("PUT", f"{place}?digest={DIGEST}", DATA[2_000_000:], content_range=last).status == 201
    assert pull(client, DIGEST) == DATA


@pytest.mark.parametrize("content_range", ["4-5", "1-3", "0-2", "9-4", "x", "-1-2", "0-" + "9" * 30, "bytes 7-9/*"])
def test_chunks_out_of_order(client: Client, content_range: str) -> None:
    """A chunk that does not continue the upload is 416, on PATCH and on PUT, and changes nothing."""
    place = begin(client)
    client("PATCH", place, b"abc")
    assert client("PATCH", place, b"xyz", content_range=content_range).status == 416
    assert client("PUT", f"{place}?digest={DIGEST}", b"xyz", content_range=content_range).status == 416
    assert client("GET", place).headers["range"] == "0-2"
    assert client("PATCH", place, b"def", content_range="3-5").status == 202
    assert client("PUT", f"{place}?digest={digests.of(b'abcdef')}").status == 201


def test_a_chunk_of_another_length(client: Client) -> None:
    """A chunk with more or fewer bytes than it says is refused, and its bytes are not kept."""
    place = begin(client)
    for span in ("0-1", "0-3"):
        assert client.errors("PATCH", place, b"abc", content_range=span)[:2] == (400, "SIZE_INVALID")
    assert client("GET", place).headers["range"] == "0-0"
    assert client("PUT", f"{place}?digest={digests.of(b'abc')}", b"abc").status == 201


@pytest.mark.parametrize(
    "digest", ["", "sha256:" + "a" * 63, "sha256:" + "A" * 64, "md5:" + "a" * 32, "sha256", "x", "sha256:../../x"]
)
def test_bad_digests(client: Client, digest: str, tmp_path: Path) -> None:
    """Text that is no digest is 400, before a byte is read, and the upload stands."""
    place = begin(client)
    assert client.errors("PUT", f"{place}?digest={digest}", b"abc")[:2] == (400, "DIGEST_INVALID")
    assert client.errors("POST", f"{UPLOADS}?digest={digest}", b"abc")[:2] == (400, "DIGEST_INVALID")
    assert client.errors("PUT", place, b"abc")[:2] == (400, "DIGEST_INVALID")
    assert temporary(tmp_path) == 0


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_wrong_digests(client: Client, method: str, algorithm: str, tmp_path: Path) -> None:
    """Bytes that are not what the digest says are 400, and nothing of them stays."""
    place = begin(client) if method == "PUT" else UPLOADS
    digest = digests.of(b"other", algorithm)
    assert client.errors(method, f"{place}?digest={digest}", b"abc")[:2] == (400, "DIGEST_INVALID")
    assert client("HEAD", f"team/app/blobs/{digest}").status == 404
    assert temporary(tmp_path) == 0
    if method == "PUT":
        assert client("GET", place).status == 404


def test_sha512(client: Client) -> None:
    """A blob is answered in the algorithm that it was pushed by."""
    digest = digests.of(DATA, "sha512")
    assert client("POST", f"{UPLOADS}?digest={digest}", DATA).headers["docker-content-digest"] == digest
    assert pull(client, digest) == DATA


def test_cancel(client: Client, tmp_path: Path) -> None:
    """DELETE ends an upload, which is unknown from then on."""
    place = begin(client)
    client("PATCH", place, b"abc")
    assert client("DELETE", place).status == 204
    for method in ("GET", "PATCH", "PUT", "DELETE"):
        assert client.errors(method, f"{place}?digest={DIGEST}", b"abc")[:2] == (404, "BLOB_UPLOAD_UNKNOWN")
    assert temporary(tmp_path) == 0


def test_uploads_of_other_repositories(reg: Registry, client: Client) -> None:
    """An upload's id means nothing elsewhere."""
    a_repository(reg, "other")
    upload = begin(client).rpartition("/")[2]
    for method in ("GET", "PATCH", "PUT", "DELETE"):
        path = f"other/blobs/uploads/{upload}?digest={DIGEST}"
        assert client.errors(method, path, b"abc")[:2] == (404, "BLOB_UPLOAD_UNKNOWN")


@pytest.mark.parametrize("upload", ["x", "..", "%2e%2e%2fblobs", "0" * 36, "a" * 3000, "%00", "%ff"])
def test_unknown_uploads(client: Client, upload: str) -> None:
    """Text that is no upload's id is unknown."""
    assert client.errors("PATCH", UPLOADS + upload, b"abc")[:2] == (404, "BLOB_UPLOAD_UNKNOWN")


def test_unknown_repository(client: Client) -> None:
    """A push to a repository that is not there is told so."""
    assert client.errors("POST", "nope/blobs/uploads/") == (
        404,
        "NAME_UNKNOWN",
        "The repository with name 'nope' does not exist in the registry with id '123456789012'",
    )


def test_mount(reg: Registry, client: Client) -> None:
    """end-11: a blob of a readable repository is mounted; anything else begins an upload, always the same way."""
    a_repository(reg, "other")
    digest = a_blob(reg, b"shared", "other")
    answer = client("POST", f"{UPLOADS}?mount={digest}&from=other")
    assert answer.status == 201
    assert created(client, digest).items() <= answer.headers.items()
    assert pull(client, digest) == b"shared"
    unknown = digests.of(b"unknown")
    for query in (
        f"mount={unknown}&from=other",
        f"mount={unknown}&from=nope",
        f"mount={unknown}&from=../x",
        f"mount={unknown}",
    ):
        answer = client("POST", f"{UPLOADS}?{query}")
        assert (answer.status, answer.headers["range"]) == (202, "0-0")
        assert client("DELETE", answer.headers["location"].removeprefix("/v2/")).status == 204


def test_mounting_that_is_disabled(reg: Registry, client: Client) -> None:
    """With the account setting DISABLED a mount begins an upload, with `from` and without, which can be finished."""
    a_repository(reg, "other")
    digest = a_blob(reg, b"shared", "other")
    account_settings.put(reg, a_caller("ecr:PutAccountSetting"), KEY, "BLOB_MOUNTING", "DISABLED")
    for query in (f"mount={digest}&from=other", f"mount={digest}"):
        answer = client("POST", f"{UPLOADS}?{query}")
        assert (answer.status, answer.headers["range"]) == (202, "0-0")
        place = answer.headers["location"].removeprefix("/v2/")
        assert client("PUT", f"{place}?digest={digest}", b"shared").status == 201
    assert pull(client, digest) == b"shared"


def test_a_client_that_leaves(client: Client, tmp_path: Path) -> None:
    """Bytes of a request that breaks off are not kept."""
    place = begin(client)
    with pytest.raises(OSError, match=r"^$"):
        client("PATCH", place, [], content_length="5")
    assert client("GET", place).headers["range"] == "0-0"


def test_too_large(reg: Registry, client: Client, tmp_path: Path) -> None:
    """A body above ECR's 52,000 MiB is 413 before it is read, and one above the server's own limit while it is."""
    place = begin(client)
    assert client.errors("PATCH", place, b"", content_length=str(52_000 * 1024**2 + 1))[:2] == (413, "SIZE_INVALID")
    assert client("GET", place).headers["range"] == "0-0"


def test_a_single_post_takes_both_permissions(reg: Registry, anonymous: Client, tmp_path: Path) -> None:
    """Who may begin uploads and not complete them stores nothing with one POST; what is refused is on record."""
    accounts(reg)
    a_repository(reg)
    user, key = a_user(reg), access_keys.create(reg, HERE, "alice")
    login = basic(key.key.id, key.secret)

    def let(*actions: str) -> None:
        statement = {"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken", *actions], "Resource": "*"}
        text = json.dumps({"Version": "2012-10-17", "Statement": statement})
        reg.db.write(lambda tx: inline_policies.put(tx, user.id, "rights", text))
        reg.db.write(identities.touch)
        access.changed(reg)

    place = f"{UPLOADS}?digest={DIGEST}"
    resource = f"arn:aws:ecr:us-east-1:{user.account}:repository/team/app"
    for granted, missing in (("Initiate", "Complete"), ("Complete", "Initiate")):
        let(f"ecr:{granted}LayerUpload")
        status, code, message = anonymous.errors("POST", place, DATA, **login)
        assert (status, code) == (403, "DENIED")
        assert f"is not authorized to perform: ecr:{missing}LayerUpload on resource: {resource}" in message
    assert reg.db.read(lambda tx: tx.all("SELECT id FROM uploads")) == []
    assert temporary(tmp_path) == 0
    let("ecr:InitiateLayerUpload", "ecr:CompleteLayerUpload")
    assert anonymous("POST", place, DATA, **login).status == 201
    reg.trail.flush(reg.db)
    rows = reg.db.read(lambda tx: tx.all("SELECT action, resource, error FROM audit WHERE principal LIKE '%alice'"))
    assert sorted(tuple(row) for row in rows) == [
        ("ecr:CompleteLayerUpload", resource, ""),
        ("ecr:CompleteLayerUpload", resource, "AccessDenied"),
        ("ecr:InitiateLayerUpload", resource, "AccessDenied"),
    ]
