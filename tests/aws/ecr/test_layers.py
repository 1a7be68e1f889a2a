"""BatchCheckLayerAvailability and the four steps of an upload, asked by boto3."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from tests.aws.ecr.asking import ACCOUNT, OTHER_ACCOUNT, denied, invalid, method, no_repository, plain, refused
from tests.aws.ecr.putting import MIB, put_image, put_layer, put_part, start
from tests.factories import CONFIG_TYPE, LAYER_TYPE

from entrepot.domain import digests

if TYPE_CHECKING:
    from collections.abc import Callable

NOWHERE = "sha256:" + "0" * 64
UPLOAD_ID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
ALREADY = "The image layer already exists in the associated repository."
TOO_SMALL = "Layer parts must be at least 5 MiB in size."
EMPTY = "The specified layer upload does not contain any layer parts."
MISMATCH = (
    "The layer digest calculation performed by Amazon ECR upon receipt of the image layer "
    "does not match the digest specified."
)


def not_found(upload: str, repository: str) -> Any:
    """Expect that the upload is not there."""
    return refused(
        "UploadNotFoundException",
        f"Upload with id '{upload}' could not be found for the repository with name '{repository}' "
        f"in the registry with id '{ACCOUNT}'",
    )


def wrong_part(upload: str, repository: str, last: int) -> Any:
    """Expect that the part is refused, and told that `last` is the last byte which arrived."""
    return refused(
        "InvalidLayerPartException",
        f"Invalid layer part upload for upload with id '{upload}'. The last valid byte received was {last}.",
        registryId=ACCOUNT,
        repositoryName=repository,
        uploadId=upload,
        lastValidByteReceived=last,
    )


def complete(ecr: Any, repository: str, upload: str, *layers: str) -> Any:
    return ecr.complete_layer_upload(repositoryName=repository, uploadId=upload, layerDigests=list(layers))


# --- availability ----------------------------------------------------------------------------------------------


def test_availability(ecr: Any, repository: str) -> None:
    """A layer is available with its size, and with its media type once an image names it; each digest comes once."""
    alone = put_layer(ecr, repository, b"alone")
    image = put_image(ecr, repository)
    layer, config = digests.of(image.layer), digests.of(image.config)
    asked = [alone, layer, config, NOWHERE, alone, "", "nonsense", "sha256:xyz"]
    answer = plain(ecr.batch_check_layer_availability(repositoryName=repository, layerDigests=asked))
    here = "AVAILABLE"
    assert answer == {
        "layers": [
            {"layerDigest": alone, "layerAvailability": here, "layerSize": 5},
            {"layerDigest": layer, "layerAvailability": here, "layerSize": len(image.layer), "mediaType": LAYER_TYPE},
            {
                "layerDigest": config,
                "layerAvailability": here,
                "layerSize": len(image.config),
                "mediaType": CONFIG_TYPE,
            },
            {"layerDigest": NOWHERE, "layerAvailability": "UNAVAILABLE"},
        ],
        "failures": [
            {"layerDigest": "", "failureCode": "MissingLayerDigest", "failureReason": "Layer digest cannot be empty"},
            {"layerDigest": "nonsense", "failureCode": "InvalidLayerDigest", "failureReason": "Invalid layer digest"},
            {"layerDigest": "sha256:xyz", "failureCode": "InvalidLayerDigest", "failureReason": "Invalid layer digest"},
        ],
    }


def test_availability_is_the_repositorys(ecr: Any, repository: str) -> None:
    """What one repository has, another does not."""
    digest = put_layer(ecr, repository, b"of one")
    ecr.create_repository(repositoryName=f"{repository}/2")
    answer = ecr.batch_check_layer_availability(repositoryName=f"{repository}/2", layerDigests=[digest])
    assert answer["layers"] == [{"layerDigest": digest, "layerAvailability": "UNAVAILABLE"}]


def test_availability_of_a_hundred(raw: Any, repository: str) -> None:
    """1 to 100 digests of at most 1000 characters."""
    layers = [f"sha256:{number:064x}" for number in range(101)]
    answer = raw.batch_check_layer_availability(repositoryName=repository, layerDigests=layers[:100])
    assert len(answer["layers"]) == 100
    with invalid("layerDigests", "Member must have length less than or equal to 100"):
        raw.batch_check_layer_availability(repositoryName=repository, layerDigests=layers)
    with invalid("layerDigests", "Member must have length greater than or equal to 1"):
        raw.batch_check_layer_availability(repositoryName=repository, layerDigests=[])
    with invalid(
        "layerDigests", "Member must satisfy constraint: [Member must have length less than or equal to 1000]"
    ):
        raw.batch_check_layer_availability(repositoryName=repository, layerDigests=["x" * 1001])


# --- uploads ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("registry", [{}, {"registryId": ACCOUNT}])
def test_upload(ecr: Any, repository: str, registry: dict[str, str]) -> None:
    """Every step of an upload in two parts answers all of its members."""
    named = {"repositoryName": repository, **registry}
    begun = plain(ecr.initiate_layer_upload(**named))
    upload = begun["uploadId"]
    assert begun == {"uploadId": str(uuid.UUID(upload)), "partSize": 10 * MIB}
    data = b"0123456789abcdef" * (5 * MIB // 16) + b"the end"
    told = {"registryId": ACCOUNT, "repositoryName": repository, "uploadId": upload}
    for first, last in ((0, 5 * MIB - 1), (5 * MIB, len(data) - 1)):
        part = {"partFirstByte": first, "partLastByte": last, "layerPartBlob": data[first : last + 1]}
        assert plain(ecr.upload_layer_part(uploadId=upload, **part, **named)) == {**told, "lastByteReceived": last}
    done = ecr.complete_layer_upload(uploadId=upload, layerDigests=[NOWHERE, digests.of(data)], **named)
    assert plain(done) == {**told, "layerDigest": digests.of(data)}
    with not_found(upload, repository):
        complete(ecr, repository, upload, digests.of(data))


def test_parts_follow_each_other(ecr: Any, repository: str) -> None:
    """A part continues where the last one ended; one that does not changes nothing."""
    upload = start(ecr, repository)
    with wrong_part(upload, repository, -1):
        put_part(ecr, repository, upload, 1, b"x")
    put_part(ecr, repository, upload, 0, b"abc")
    for first in (0, 2, 4, 10**15):
        with wrong_part(upload, repository, 2):
            put_part(ecr, repository, upload, first, b"x")
    put_part(ecr, repository, upload, 3, b"def")
    with refused("LayerPartTooSmallException", TOO_SMALL):
        complete(ecr, repository, upload, digests.of(b"abcdef"))


@pytest.mark.parametrize(("data", "last"), [(b"abc", 1), (b"abc", 3), (b"", 0), (b"abc", 10**15)])
def test_part_of_another_length(ecr: Any, repository: str, data: bytes, last: int) -> None:
    """A part has as many bytes as its first and last say; otherwise nothing of it is kept."""
    upload = start(ecr, repository)
    with wrong_part(upload, repository, -1):
        put_part(ecr, repository, upload, 0, data, last)
    put_part(ecr, repository, upload, 0, b"whole")
    with wrong_part(upload, repository, 4):
        put_part(ecr, repository, upload, 5, data, 5 + last)
    assert complete(ecr, repository, upload, digests.of(b"whole"))["layerDigest"] == digests.of(b"whole")


def test_part_that_ends_before_it_begins(raw: Any, repository: str) -> None:
    """There is no empty part, and no byte before the first."""
    upload = start(raw, repository)
    put_part(raw, repository, upload, 0, b"abc")
    with invalid("partLastByte", "Member must have value greater than or equal to partFirstByte"):
        put_part(raw, repository, upload, 3, b"")
    for member in ("partFirstByte", "partLastByte"):
        part = {"partFirstByte": 0, "partLastByte": 0, "layerPartBlob": b"x"} | {member: -1}
        with invalid(member, "Member must have value greater than or equal to 0"):
            raw.upload_layer_part(repositoryName=repository, uploadId=upload, **part)


def test_part_size(raw: Any, repository: str) -> None:
    """A part has at most the 20 MiB of the model."""
    upload = start(raw, repository)
    assert put_part(raw, repository, upload, 0, bytes(20 * MIB))["lastByteReceived"] == 20 * MIB - 1
    with invalid("layerPartBlob", "Member must have length less than or equal to 20971520"):
        put_part(raw, repository, upload, 20 * MIB, bytes(20 * MIB + 1))


@pytest.mark.parametrize(("size", "good"), [(5 * MIB - 1, False), (5 * MIB, True)])
def test_small_parts(ecr: Any, repository: str, size: int, good: bool) -> None:
    """Every part but the last has at least 5 MiB."""
    upload, data = start(ecr, repository), bytes(size) + b"last"
    put_part(ecr, repository, upload, 0, data[:size])
    put_part(ecr, repository, upload, size, data[size:])
    if good:
        assert complete(ecr, repository, upload, digests.of(data))
        return
    with refused("LayerPartTooSmallException", TOO_SMALL):
        complete(ecr, repository, upload, digests.of(data))


def test_no_parts(ecr: Any, repository: str) -> None:
    """An upload without parts is no layer, not even the empty one."""
    upload = start(ecr, repository)
    with refused("EmptyUploadException", EMPTY):
        complete(ecr, repository, upload, digests.of(b""))


def test_wrong_digest(ecr: Any, repository: str) -> None:
    """Bytes of another digest are no layer; the upload can be completed with the right one."""
    upload = start(ecr, repository)
    put_part(ecr, repository, upload, 0, b"data")
    for wrong in ([NOWHERE], [NOWHERE, digests.of(b"other")], ["md5:abcd"], [digests.of(b"data").upper()]):
        with refused("InvalidLayerException", MISMATCH):
            complete(ecr, repository, upload, *wrong)
    assert complete(ecr, repository, upload, digests.of(b"data"))


def test_layer_that_is_there(ecr: Any, repository: str) -> None:
    """A layer is uploaded once to a repository; another repository does not have it yet."""
    put_layer(ecr, repository, b"twice")
    upload = start(ecr, repository)
    put_part(ecr, repository, upload, 0, b"twice")
    with refused("LayerAlreadyExistsException", ALREADY):
        complete(ecr, repository, upload, digests.of(b"twice"))
    ecr.create_repository(repositoryName=f"{repository}/2")
    assert put_layer(ecr, f"{repository}/2", b"twice")


def test_digests_to_complete_with(raw: Any, repository: str) -> None:
    """1 to 100 digests of the model's pattern."""
    upload = start(raw, repository)
    put_part(raw, repository, upload, 0, b"data")
    pattern = "Member must satisfy regular expression pattern: [a-zA-Z0-9-_+.]+:[a-fA-F0-9]+"
    with invalid("layerDigests", f"Member must satisfy constraint: [{pattern}]"):
        complete(raw, repository, upload, "nonsense")
    with invalid("layerDigests", "Member must have length greater than or equal to 1"):
        complete(raw, repository, upload)
    with invalid("layerDigests", "Member must have length less than or equal to 100"):
        complete(raw, repository, upload, *[NOWHERE] * 101)
    assert complete(raw, repository, upload, *[NOWHERE] * 99, digests.of(b"data"))


@pytest.mark.parametrize("upload", ["", "nonsense", "../../etc/passwd", "00000000-0000-0000-0000-00000000000g"])
def test_upload_id_outside_the_grammar(raw: Any, repository: str, upload: str) -> None:
    """An upload id is a UUID."""
    with invalid("uploadId", f"Member must satisfy regular expression pattern: {UPLOAD_ID}"):
        put_part(raw, repository, upload, 0, b"x")
    with invalid("uploadId", f"Member must satisfy regular expression pattern: {UPLOAD_ID}"):
        complete(raw, repository, upload, NOWHERE)


def test_upload_of_another_repository(ecr: Any, elsewhere: Callable[[str], Any], repository: str) -> None:
    """An upload is its repository's, in its region, and gone with it."""
    second, upload = f"{repository}/2", start(ecr, repository)
    ecr.create_repository(repositoryName=second)
    for each in (upload, str(uuid.uuid4())):
        with not_found(each, second):
            put_part(ecr, second, each, 0, b"x")
        with not_found(each, second):
            complete(ecr, second, each, NOWHERE)
    sydney = elsewhere("ap-southeast-2")
    sydney.create_repository(repositoryName=repository)
    with not_found(upload, repository):
        put_part(sydney, repository, upload, 0, b"x")
    ecr.delete_repository(repositoryName=repository)
    ecr.create_repository(repositoryName=repository)
    with not_found(upload, repository):
        put_part(ecr, repository, upload, 0, b"x")


CALLS: dict[str, dict[str, Any]] = {
    "BatchCheckLayerAvailability": {"layerDigests": [NOWHERE]},
    "InitiateLayerUpload": {},
    "UploadLayerPart": {
        "uploadId": str(uuid.UUID(int=0)),
        "partFirstByte": 0,
        "partLastByte": 0,
        "layerPartBlob": b"x",
    },
    "CompleteLayerUpload": {"uploadId": str(uuid.UUID(int=0)), "layerDigests": [NOWHERE]},
    "GetDownloadUrlForLayer": {"layerDigest": NOWHERE},
}


@pytest.mark.parametrize("operation", CALLS)
def test_whose_repository(raw: Any, repository: str, operation: str) -> None:
    """Every operation wants its repository, in the caller's own registry, and its members."""
    call = method(raw, operation)
    with no_repository(f"{repository}/none"):
        call(repositoryName=f"{repository}/none", **CALLS[operation])
    with denied(operation, f"arn:aws:ecr:us-east-1:{OTHER_ACCOUNT}:repository/{repository}"):
        call(registryId=OTHER_ACCOUNT, repositoryName=repository, **CALLS[operation])
    for member in CALLS[operation]:
        rest = {name: value for name, value in CALLS[operation].items() if name != member}
        with invalid(member, "Member must not be null"):
            call(repositoryName=repository, **rest)
