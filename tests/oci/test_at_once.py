"""Both ways to an answer: at once and as any other. They differ in nothing that a client or an operator sees."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import unquote

import pytest
from tests.factories import KEY, Clock, a_blob, a_caller, a_manifest, a_registry, a_repository, an_image, push
from tests.oci.conftest import Client, basic, token

from entrepot.domain import digests
from entrepot.domain.images import ImageId
from entrepot.oci.door import OciDoor
from entrepot.oci.exchange import Options
from entrepot.oci.routes import ROUTES
from entrepot.registry import access, deletion, layers, policies, storage_class, uploads
from entrepot.registry.context import Registry
from entrepot.registry.refusals import Refusals
from entrepot.store.db import Database
from entrepot.web.metrics import Meter
from entrepot.web.observe import Observed

SMALL = b"a small layer"
HELD = f"team/app/blobs/{digests.of(SMALL)}"
NOBODYS = digests.of(b"nobody's")

Seen = dict[str, Any]


class World:
    """One registry, asked in both ways."""

    def __init__(self, reg: Registry, rate: float = 0) -> None:
        self.reg = reg
        self.meter = Meter()
        options = Options(sparse_manifests=False, body_bytes=2**40, requests_per_second=rate)
        self.app = Observed(OciDoor(reg, options), self.meter)

    def at_once(self, method: str, target: str, headers: dict[str, str]) -> Seen | None:
        found = self.app.at_once(_scope(method, target, headers))
        if found is None:
            return None
        status, lines, body = found
        assert lines.endswith(b"\r\n\r\n")
        fields = [tuple(line.split(": ", 1)) for line in lines.decode("latin-1")[:-4].split("\r\n")]
        return {"status": status, "headers": sorted(fields), "body": body}

    def usual(self, method: str, target: str, headers: dict[str, str]) -> Seen:
        return self.usual_of(_scope(method, target, headers))

    def usual_of(self, scope: dict[str, Any]) -> Seen:
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        async def run() -> None:
            await self.app(scope, receive, send)

        asyncio.run(run())
        fields = [(name.decode(), value.decode("latin-1")) for name, value in sent[0]["headers"]]
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return {"status": sent[0]["status"], "headers": sorted(fields), "body": body}

    def counted(self) -> dict[Any, list[float]]:
        """What the meter has counted: requests and bytes, not seconds."""
        return {key: [cells[0], *cells[2:4]] for key, cells in self.meter.read()[1].items()}

    def audited(self) -> list[Any]:
        """The audit rows since the last call, without their numbers."""
        self.reg.trail.flush(self.reg.db)
        columns = "account, region, created_at, action, principal, access_key_id, source_ip, user_agent, resource,"
        rows = self.reg.db.read(lambda tx: tx.all(f"SELECT {columns} parameters, error FROM audit ORDER BY id"))
        self.reg.db.write(lambda tx: tx.run("DELETE FROM audit"))
        return rows


def _scope(method: str, target: str, headers: dict[str, str]) -> dict[str, Any]:
    raw_path, _, query = target.partition("?")
    fields = {"host": "localhost:5000", "user-agent": "pytest/1", **headers}
    return {
        "type": "http",
        "method": method,
        "scheme": "http",
        "path": unquote(raw_path),
        "raw_path": raw_path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
        "client": ("192.0.2.7", 40000),
        "state": {},
        "extensions": {},
    }


@pytest.fixture
def known(reg: Registry) -> dict[str, str]:
    """What stands for braces in the targets: images, an upload, and a blob that memory holds."""
    a_repository(reg)
    a_repository(reg, "empty")
    image, archived = an_image(reg, 1, "v1", "v2"), an_image(reg, 2, "old")
    storage_class.update(reg, a_caller(), KEY, "team/app", ImageId(archived, None), "ARCHIVE")
    a_blob(reg, b"{}")
    subject = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": image, "size": 1}
    referrer = push(reg, a_manifest(subject=subject, artifactType="application/x.sbom")).digest
    a_blob(reg, SMALL)
    layers.hold(reg, KEY, "team/app", digests.of(SMALL), layers.open_blob(reg, KEY, "team/app", digests.of(SMALL)))
    upload = uploads.start(reg, a_caller("ecr:InitiateLayerUpload"), KEY, "team/app")
    return {"image": image, "archived": archived, "referrer": referrer, "upload": upload}


GOOD = [
    "GET /v2/",
    "HEAD /v2/",
    "GET /v2/_catalog",
    "GET /v2/_catalog?n=1",
    "GET /v2/_catalog?n=x",
    "GET /v2/team/app/tags/list",
    "HEAD /v2/team/app/tags/list",
    "GET /v2/team/app/tags/list?n=1",
    "GET /v2/team/app/tags/list?n=1&last=v1&token=secret",
    "GET /v2/team/app/tags/list?%ff=1",
    "GET /v2/empty/tags/list",
    "GET /v2/none/tags/list",
    "GET /v2/NONE/tags/list",
    "GET /v2/team/app/manifests/v1",
    "HEAD /v2/team/app/manifests/v1",
    "GET /v2/team/app/manifests/{image}",
    "HEAD /v2/team/app/manifests/{image}",
    "GET /v2/team/app/manifests/old",
    "GET /v2/team/app/manifests/{archived}",
    "HEAD /v2/team/app/manifests/{archived}",
    "GET /v2/team/app/manifests/none",
    "HEAD /v2/team/app/manifests/none",
    "GET /v2/team/app/manifests/-bad-",
    "GET /v2/team/app/manifests/sha256:bad",
    "GET /v2/empty/manifests/{image}",
    "GET /v2/team/app/referrers/{image}",
    "GET /v2/team/app/referrers/{image}?artifactType=application/x.sbom&n=1",
    "GET /v2/team/app/referrers/{referrer}",
    "GET /v2/team/app/referrers/bad",
    "GET /v2/team/app/blobs/uploads/{upload}",
    "HEAD /v2/team/app/blobs/uploads/{upload}",
    "GET /v2/team/app/blobs/uploads/none",
    f"GET /v2/{HELD}",
    f"GET /v2/empty/blobs/{digests.of(SMALL)}",
    f"HEAD /v2/{HELD}",
    f"HEAD /v2/empty/blobs/{digests.of(SMALL)}",
    f"HEAD /v2/none/blobs/{digests.of(SMALL)}",
    "HEAD /v2/team/app/blobs/sha256:bad",
]


def compare(world: World, known: dict[str, str], request: str, headers: dict[str, str], capture: Any) -> Seen:
    """Make a request in both ways, and see that nothing tells one from the other; the answer."""
    method, target = request.format(**known).split(" ")
    found = []
    for ask in (world.at_once, world.usual):
        world.meter = world.app._meter = Meter()
        world.reg.trail._refusals = Refusals()  # the second way would else be one of the refusals that are only counted
        capture.readouterr()
        seen = ask(method, target, headers)
        assert seen is not None, f"{request} was not answered at once"
        ids = [value for name, value in seen["headers"] if name == "x-amzn-requestid"]
        # Two seals of one message differ.
        fresh = {"x-amzn-requestid": "", "x-entrepot-authorization-message": "sealed"}
        seen["headers"] = [(name, fresh.get(name, value)) for name, value in seen["headers"]]
        [line] = [json.loads(text) for text in capture.readouterr().err.splitlines() if b'"event":"request"' in text]
        assert [line.pop("request_id")] == ids
        assert line.pop("ms") >= 0
        assert line.pop("time")
        found.append({**seen, "line": line, "counted": world.counted(), "audited": world.audited()})
        assert world.meter.read()[0] == 0
    assert found[0] == found[1]
    return found[0]


@pytest.mark.parametrize("request_", GOOD)
def test_both_ways(reg: Registry, known: dict[str, str], capsysbinary: Any, request_: str) -> None:
    """Status, headers, body, log line, metrics and audit rows are the same."""
    world = World(reg)
    world.audited()
    seen = compare(world, known, request_, token(reg), capsysbinary)
    assert seen["status"] < 500


@pytest.mark.parametrize(
    "request_", ["GET /v2/", "GET /v2/team/app/manifests/v1", f"GET /v2/{HELD}", "GET /v2/none/tags/list"]
)
@pytest.mark.parametrize("case", ["nobody", "wrong", "old", "foreign", "etag", "encoded", "slow"])
def test_both_ways_with_other_headers(
    reg: Registry, known: dict[str, str], clock: Clock, capsysbinary: Any, request_: str, case: str
) -> None:
    """The same holds for callers who are refused, for conditions, and for those who ask too often."""
    good = token(reg)
    headers = {
        "nobody": {},
        "wrong": basic(reg.keys.access_key_id, "wrong"),
        "old": token(reg, hours=-1),
        "foreign": {**good, "host": "999999999999.dkr.ecr.us-east-1.x"},
        "etag": {**good, "if-none-match": "*"},
        "encoded": {**good, "content-encoding": "gzip"},
        "slow": good,
    }[case]
    world = World(reg, rate=1e-6 if case == "slow" else 0)
    if case == "slow":
        assert world.at_once("GET", "/v2/", good) is not None
    world.audited()
    seen = compare(world, known, request_, headers, capsysbinary)
    expected = {"nobody": {401}, "wrong": {403}, "old": {403}, "foreign": {403, 200}, "slow": {429}}
    assert seen["status"] in expected.get(case, {200, 304, 404, 415})


def test_every_reader_is_compared() -> None:
    """No route that answers at once is missing above."""
    asked = {request.split("?")[0] for request in GOOD}
    parts = {"base": "/v2/", "catalog": "_catalog", "tags": "tags/list", "manifest": "manifests", "blob": HELD}
    parts |= {"referrers": "referrers", "upload": "uploads"}
    for kind, rows in ROUTES.items():
        for method, row in rows.items():
            if row.reader is not None:
                assert any(each.startswith(method) and parts[kind] in each for each in asked), row.name


@pytest.mark.parametrize(
    "request_",
    [
        "PUT /v2/team/app/manifests/v1",
        "DELETE /v2/team/app/manifests/v1",
        "POST /v2/team/app/blobs/uploads/",
        "POST /v2/",
        "GET /v2/nothing/here",
        f"DELETE /v2/{HELD}",
        f"GET /v2/team/app/blobs/{NOBODYS}",
        f"GET /v2/team/app/blobs/{NOBODYS.replace(':', '%3A')}",
    ],
)
def test_what_is_not_answered_at_once(reg: Registry, known: dict[str, str], request_: str) -> None:
    """What changes anything, reads files or is no route goes the usual way, and nothing is counted or recorded."""
    world = World(reg, rate=1)
    world.audited()
    for _ in range(5):
        method, target = request_.split(" ")
        assert world.at_once(method, target, token(reg)) is None
    assert world.counted() == {}
    assert world.audited() == []
    assert (world.at_once("GET", "/v2/", token(reg)) or {})["status"] == 200


def test_a_part_of_what_is_held(reg: Registry, known: dict[str, str]) -> None:
    """A range is for the usual way, and counted once against the rate."""
    world = World(reg, rate=2)
    headers = {**token(reg), "range": "bytes=0-1"}
    for _ in range(5):
        assert world.at_once("GET", f"/v2/{HELD}", headers) is None
    assert [world.usual("GET", f"/v2/{HELD}", headers)["status"] for _ in range(3)] == [206, 206, 429]


def test_a_look_that_has_to_be_noted(reg: Registry, known: dict[str, str], clock: Clock) -> None:
    """Where the lease of a blob has to be renewed before it is said to be there, that is no answer at once."""
    world = World(reg)
    assert (world.at_once("HEAD", f"/v2/{HELD}", token(reg)) or {})["status"] == 200
    clock.forward(13 * 3600)
    headers = token(reg)
    assert world.at_once("HEAD", f"/v2/{HELD}", headers) is None
    assert world.usual("HEAD", f"/v2/{HELD}", headers)["status"] == 200
    assert (world.at_once("HEAD", f"/v2/{HELD}", headers) or {})["status"] == 200


def test_a_look_that_has_to_be_noted_is_counted_once(reg: Registry, known: dict[str, str], clock: Clock) -> None:
    """A request that goes both ways takes one of the rate, which is all there is here."""
    clock.forward(13 * 3600)
    world = World(reg, rate=1)
    scope = _scope("HEAD", f"/v2/{HELD}", token(reg))
    assert world.app.at_once(scope) is None
    assert world.usual_of(scope)["status"] == 200


def test_only_beside_a_local_database(db: Database, tmp_path: Any, clock: Clock) -> None:
    """A database behind a network is never asked on the event loop."""
    reg = a_registry(db, tmp_path, clock)
    found = World(reg).at_once("GET", "/v2/", token(reg))
    assert (found is not None) is db.local
    assert World(reg).usual("GET", "/v2/", token(reg))["status"] == 200


# --- who gets what memory holds --------------------------------------------------------------------------------


def ask(reg: Registry, target: str, **headers: str) -> int:
    found = World(reg).at_once("GET", f"/v2/{target}", {**token(reg), **headers})
    assert found is not None
    return int(found["status"])


def test_what_another_repository_has(reg: Registry, known: dict[str, str]) -> None:
    """Bytes in memory are of no repository: one that does not have them does not serve them."""
    assert ask(reg, HELD) == 200
    assert ask(reg, f"empty/blobs/{digests.of(SMALL)}") == 404
    assert ask(reg, f"none/blobs/{digests.of(SMALL)}") == 404
    assert ask(reg, HELD, host="999999999999.dkr.ecr.us-east-1.x") == 403
    assert ask(reg, HELD, host="123456789012.dkr.ecr.eu-west-1.x") == 403


def test_what_was_deleted(reg: Registry, known: dict[str, str]) -> None:
    """What a repository has no more is gone at once, though memory has it still."""
    assert ask(reg, HELD) == 200
    layers.delete(reg, a_caller("ecr:BatchDeleteImage"), KEY, "team/app", digests.of(SMALL))
    assert digests.of(SMALL) in reg.held
    assert ask(reg, HELD) == 404
    assert ask(reg, "team/app/manifests/v1") == 200
    deletion.delete(reg, a_caller("ecr:BatchDeleteImage"), KEY, "team/app", known["image"])
    assert known["image"] in reg.held
    assert ask(reg, "team/app/manifests/v1") == 404
    assert ask(reg, f"team/app/manifests/{known['image']}") == 404


def test_what_was_archived(reg: Registry, known: dict[str, str]) -> None:
    """An image that goes to the archive is not served from memory."""
    assert ask(reg, "team/app/manifests/v1") == 200
    storage_class.update(reg, a_caller(), KEY, "team/app", ImageId(known["image"], None), "ARCHIVE")
    assert known["image"] in reg.held
    assert ask(reg, "team/app/manifests/v1") == 404
    assert ask(reg, f"team/app/manifests/{known['image']}") == 404


def test_what_is_denied(reg: Registry, known: dict[str, str]) -> None:
    """A policy that denies is heeded from the next request, though the same was granted a moment ago."""
    document = {"Effect": "Deny", "Principal": "*", "Action": "ecr:GetDownloadUrlForLayer"}
    assert ask(reg, HELD) == 200
    text = json.dumps({"Version": "2012-10-17", "Statement": document})
    policies.set_repository(reg, a_caller("ecr:SetRepositoryPolicy"), KEY, "team/app", text, force=True)
    access.changed(reg)
    assert ask(reg, HELD) == 403
    assert ask(reg, "team/app/manifests/v1") == 200


def test_small_blobs_come_from_memory_afterwards(reg: Registry, client: Client, tmp_path: Any) -> None:
    """The first request reads and checks the file; what is damaged is never kept."""
    a_blob(reg, SMALL)
    a_blob(reg, b"damaged")
    [path] = [
        path for path in (tmp_path / "storage/blobs").rglob("*") if path.is_file() and path.read_bytes() == b"damaged"
    ]
    path.chmod(0o600)
    path.write_bytes(b"DAMAGED")
    assert client("GET", HELD).body == SMALL
    assert digests.of(SMALL) in reg.held
    assert client("GET", f"team/app/blobs/{digests.of(b'damaged')}").status == 500
    assert digests.of(b"damaged") not in reg.held
    assert World(reg).at_once("GET", f"/v2/team/app/blobs/{digests.of(b'damaged')}", token(reg)) is None
