"""Calls of the ECR API beside moto_server, which keeps everything in memory and checks neither signature nor policy."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench import content, generator, push, wrk
from bench.connection import Connection
from bench.connection import body as a_body
from bench.content import KB
from bench.generator import Operation
from bench.workloads import ENTREPOT, MOTO, ApiKey, Failed, Measured, Part, Scale, Server, Workload

SERVERS = (ENTREPOT, MOTO)
REPOSITORY = "bench/api"
IMAGES = 100
PUTS = {1: 100, 16: 20}  # that each connection makes in a round
MANY = (1, 16)  # connections
TARGET = 5.0
TAGS = "image-"
Document = Mapping[str, Any]
NOTE = "moto_server checks nothing: neither signatures nor policies, nor whether an image's layers exist."


# --- calls -----------------------------------------------------------------------------------------------------


def signed(port: int, key: ApiKey, operation: str, document: Document) -> tuple[dict[str, str], bytes]:
    """The header fields and the body of a call; they can be sent again and again for some minutes."""
    data = json.dumps(document).encode()
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"AmazonEC2ContainerRegistry_V20150921.{operation}",
    }
    request = AWSRequest("POST", f"http://127.0.0.1:{port}/", headers, data)
    SigV4Auth(Credentials(key.access_key_id, key.secret_access_key), "ecr", key.region).add_auth(request)
    return dict(request.headers.items()), data


def send(connection: Connection, fields: Mapping[str, str], data: bytes) -> int:
    """Send a signed call over a connection without header fields of its own: bytes of the answer. Raises Failed."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return connection.call("POST", "/", 200, a_body(data), fields=lines).length


def _key(server: Server) -> ApiKey:
    if server.key is None:
        raise Failed(f"{server.name} has no AWS API")
    return server.key


def call(server: Server, operation: str, document: Document) -> Any:
    """Do one call: what is answered. Raises Failed."""
    fields, data = signed(server.port, _key(server), operation, document)
    with closing(Connection(server.port, fields)) as connection:
        return json.loads(connection.call("POST", "/", 200, a_body(data), keep=True).body or b"{}")


# --- what is there before --------------------------------------------------------------------------------------

CONFIG, LAYER = content.of(b'{"architecture":"amd64","os":"linux"}'), content.of(b"a layer" * KB)


def fill(server: Server, scale: Scale) -> None:
    """Make a repository of 100 images that share a config and a layer, and see that every call tells of them."""
    del scale
    call(server, "CreateRepository", {"repositoryName": REPOSITORY})
    if server.headers:  # moto_server has no /v2 and wants no layers
        with closing(Connection(server.port, server.headers)) as connection:
            for blob in (CONFIG, LAYER):
                push.push_blob(connection, REPOSITORY, blob)
    for number in range(IMAGES):
        call(server, "PutImage", image(f"{TAGS}{number}"))
    for read in READS:
        if not read.told(call(server, read.operation, read.document)):
            raise Failed(f"{server.name}: {read.name} does not tell of what is there")


def image(tag: str) -> Document:
    """What PutImage is asked for an image that differs by its tag from others."""
    text = content.manifest(CONFIG, [LAYER], annotations={"org.opencontainers.image.version": tag}).decode()
    return {
        "repositoryName": REPOSITORY,
        "imageManifest": text,
        "imageManifestMediaType": content.MANIFEST,
        "imageTag": tag,
    }


@dataclass(frozen=True, slots=True)
class Read:
    """A call that changes nothing, and whether what it answers is all there is to tell."""

    name: str
    operation: str
    document: Document
    told: Callable[[Any], bool]


def _ids(many: int) -> Document:
    return {"repositoryName": REPOSITORY, "imageIds": [{"imageTag": f"{TAGS}{number}"} for number in range(many)]}


READS = (
    Read(
        f"DescribeImages, page of {IMAGES}",
        "DescribeImages",
        {"repositoryName": REPOSITORY, "maxResults": IMAGES},
        lambda answer: len(answer["imageDetails"]) == IMAGES,
    ),
    Read("GetAuthorizationToken", "GetAuthorizationToken", {}, lambda answer: len(answer["authorizationData"]) == 1),
    Read("BatchGetImage, one image", "BatchGetImage", _ids(1), lambda answer: len(answer["images"]) == 1),
    Read(f"BatchGetImage, {IMAGES}", "BatchGetImage", _ids(IMAGES), lambda answer: len(answer["images"]) == IMAGES),
)


# --- the rows --------------------------------------------------------------------------------------------------


def workloads(scale: Scale) -> list[Workload]:
    """Each call at c = 1 and c = 16."""
    reads = [_row(read.name, connections, partial(_read, read, connections)) for read in READS for connections in MANY]
    puts = [partial(_puts, connections, scale.of(PUTS[connections], 2)) for connections in MANY]
    return reads + [_row("PutImage", connections, put, _forget) for connections, put in zip(MANY, puts, strict=True)]


def _row(
    name: str,
    connections: int,
    run: Callable[[Server, float], Measured],
    clean: Callable[[Server], None] | None = None,
) -> Workload:
    return Workload(
        name=f"{name}, c={connections}",
        part="api",
        unit="calls/s",
        servers=SERVERS,
        run=run,
        targets={MOTO: TARGET},
        rounds=3,
        clean=clean,
        note=NOTE,
    )


def _read(read: Read, connections: int, server: Server, seconds: float) -> Measured:
    fields, data = signed(server.port, _key(server), read.operation, read.document)
    request = wrk.Request("/", "POST", fields, data)
    return wrk.requests_per_second(replace(server, headers={}), request, connections, seconds, tls=False)


def _puts(connections: int, each: int, server: Server, seconds: float) -> Measured:
    del seconds  # so many that the repository does not grow much
    options = {"count": connections * each, "each": each, "port": server.port, "key": asdict(_key(server))}
    bare = replace(server, headers={})
    load = generator.run(generator.job(bare, "bench.api:putting", connections, 0, **options))
    return load.measured(load.rate)


def putting(connection: Connection, options: Mapping[str, Any]) -> Operation:
    """Put one new image after the other; the calls are signed before."""
    key, port = ApiKey(**options["key"]), options["port"]
    calls = iter([signed(port, key, "PutImage", image(uuid.uuid4().hex)) for _ in range(options["each"])])

    return lambda: send(connection, *next(calls))


def _forget(server: Server) -> None:
    """Delete the images that rounds have put."""
    answer = call(server, "ListImages", {"repositoryName": REPOSITORY, "maxResults": 1000})
    more = [one for one in answer["imageIds"] if not one["imageTag"].startswith(TAGS)]
    for start in range(0, len(more), IMAGES):
        batch = {"repositoryName": REPOSITORY, "imageIds": more[start : start + IMAGES]}
        if call(server, "BatchDeleteImage", batch)["failures"]:
            raise Failed(f"{server.name} does not delete every image")


PART = Part(name="api", title="Calls of the ECR API", servers=SERVERS, fill=fill, workloads=workloads)
