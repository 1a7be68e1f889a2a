"""One path for every call: what is answered, to whom, in which protocol, and what is never run."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import cbor2
import pytest
from tests.aws.door import TARGETS, Door, client_sees
from tests.aws.signing import NOW, sign

from entrepot.aws.operation import ANY, NO_PERMISSION, OPERATIONS, Call, Operation
from entrepot.aws.sigv4 import SignedRequest
from entrepot.domain.errors import InvalidLayerPart, RepositoryNotFound, StorageUnavailable, UploadBusy
from entrepot.web.asgi import ClientDisconnected
from entrepot.web.rates import ActionRates

if TYPE_CHECKING:
    from collections.abc import Callable

    from entrepot.aws.operation import Handler

NAME = {"repositoryName": "team/app"}


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What the stand-in handlers were called with."""
    return []


@pytest.fixture
def handle(monkeypatch: pytest.MonkeyPatch, ran: list[tuple[str, Any]]) -> Callable[..., None]:
    """Put a handler of the test's own behind an operation."""

    def put(
        service: str, name: str, handler: Handler | None = None, resource: str = ANY, *, reads: bool = False
    ) -> None:
        def note(call: Call, req: Any) -> Any:
            ran.append((name, req))
            return {} if handler is None else handler(call, req)

        monkeypatch.setitem(OPERATIONS, (service, name), Operation(service, name, note, resource, reads))

    return put


def raising(error: Exception) -> Handler:
    def handler(_: Call, __: Any) -> Any:
        raise error

    return handler


def test_a_call_runs_and_is_answered(door: Door, handle: Any, ran: list[Any]) -> None:
    """The handler gets the parsed request, the caller and the instant; its answer goes out as JSON 1.1."""
    seen: list[Call] = []

    def handler(call: Call, req: Any) -> Any:
        seen.append(call)
        return {"repository": {"repositoryName": req["repositoryName"], "createdAt": 1.5}}

    handle("ecr", "CreateRepository", handler)
    reply = door.call("CreateRepository", NAME | {"unknownMember": 1}, headers={"User-Agent": "tests"})
    assert (reply.status, reply.headers["content-type"]) == (200, "application/x-amz-json-1.1")
    assert reply.json() == {"repository": {"repositoryName": "team/app", "createdAt": 1.5}}
    assert ran == [("CreateRepository", NAME)]
    caller = seen[0].caller
    assert (caller.action, caller.region, caller.request_id) == ("ecr:CreateRepository", "us-east-1", "r-1")
    assert (caller.source_ip, caller.user_agent) == ("127.0.0.1", "tests")
    assert caller.principal.arn == "arn:aws:iam::123456789012:root"
    assert reply.route == "ecr.CreateRepository"


@pytest.mark.parametrize(
    ("operation", "body", "handed_over"),
    [
        ("GetAuthorizationToken", b"{}", 0),
        ("GetAuthorizationToken", b"{" + b" " * 510 + b"}", 0),
        ("GetAuthorizationToken", b"{" + b" " * 511 + b"}", 1),
        ("BatchGetImage", b'{"repositoryName": "team/app", "imageIds": [{"imageTag": "a"}]}', 0),
        ("BatchGetImage", b'{"repositoryName": "team/app", "imageIds": [{"imageTag": "a"}, {"imageTag": "b"}]}', 1),
        ("DescribeRegistry", b"{}", 1),
    ],
)
def test_brief_calls_are_not_handed_to_a_thread(door: Door, operation: str, body: bytes, handed_over: int) -> None:
    """A small request to an operation that waits for nothing is answered where it was read, any other in a thread."""
    given = []

    async def run(work: Callable[[], Any]) -> Any:
        given.append(work)
        return work()

    door.run = run
    assert door.call(operation, body).route == f"ecr.{operation}"
    assert len(given) == handed_over


def test_who_am_i_in_query(door: Door) -> None:
    """STS answers XML that botocore reads, and takes any region in the scope."""
    reply = door.query(b"Action=GetCallerIdentity&Version=2011-06-15", region="eu-north-1")
    assert (reply.status, reply.headers["content-type"]) == (200, "text/xml")
    assert client_sees(reply, "query", "sts", "GetCallerIdentity") == {
        "UserId": "123456789012",
        "Account": "123456789012",
        "Arn": "arn:aws:iam::123456789012:root",
    }
    assert b"<RequestId>r-1</RequestId>" in reply.body
    assert reply.route == "sts.GetCallerIdentity"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_am_i_presigned(door: Door, method: str) -> None:
    """The query form of a signature, as presigned STS calls use it."""
    target = "/?Action=GetCallerIdentity&Version=2011-06-15"
    reply = door.ask(sign(method, target, b"", service="sts", expires=60))
    assert client_sees(reply, "query", "sts", "GetCallerIdentity")["Account"] == "123456789012"


def test_a_form_without_a_body_is_answered(door: Door) -> None:
    """Action in the query string and an empty form: nothing waits for a second body."""
    target = "/?Action=GetCallerIdentity&Version=2011-06-15"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert door.ask(sign("POST", target, b"", service="sts", headers=headers)).status == 200


UNKNOWN = [
    "X.CreateRepository",
    "AmazonEC2ContainerRegistry_V20150921.Nothing",
    "AmazonEC2ContainerRegistry_V20150921.createRepository",
    "AmazonEC2ContainerRegistry_V20150921.",
    "amazonec2containerregistry_v20150921.CreateRepository",
    "SpencerFrontendService.CreateRepository",
    "SpencerFrontendService.PutLifecyclePolicy",
    "AmazonEC2ContainerRegistry_V20150921.StartImageScan",
    "CreateRepository",
    ".",
    "",
    "é",
]


@pytest.mark.parametrize("target", UNKNOWN)
@pytest.mark.parametrize("signed", [True, False])
def test_an_unknown_target_is_an_unknown_operation(door: Door, target: str, signed: bool) -> None:
    """Unknown, undone, in another case or of another service: 400 and nothing is run, signed or not."""
    request = sign(headers={"X-Amz-Target": target}) if signed else unsigned(target)
    reply = door.ask(request)
    assert (reply.status, reply.json()) == (400, {"__type": "UnknownOperationException"})


def unsigned(target: str) -> SignedRequest:
    return SignedRequest("POST", b"/", b"", [(b"host", b"x"), (b"x-amz-target", target.encode())], b"{}")


def test_two_targets_are_none(door: Door) -> None:
    """A doubled X-Amz-Target names no operation."""
    request = sign(headers={"X-Amz-Target": f"{TARGETS['ecr']}.ListImages"})
    doubled = replace(request, headers=[*request.headers, (b"x-amz-target", b"x")])
    assert door.ask(doubled).json() == {"__type": "UnknownOperationException"}


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (b"Action=Nothing&Version=2011-06-15", "Could not find operation Nothing for version 2011-06-15"),
        (
            b"Action=GetFederationToken&Version=2011-06-15",
            "Could not find operation GetFederationToken for version 2011-06-15",
        ),
        (b"Action=GetCallerIdentity", "Could not find operation GetCallerIdentity for version NO_VERSION_SPECIFIED"),
        (
            b"Action=GetCallerIdentity&Version=1999-01-01",
            "Could not find operation GetCallerIdentity for version 1999-01-01",
        ),
        (b"", "Could not find operation  for version NO_VERSION_SPECIFIED"),
    ],
)
def test_an_unknown_action_is_invalid(door: Door, form: bytes, text: str) -> None:
    """Query says InvalidAction with 400."""
    reply = door.query(form)
    error = client_sees(reply, "query", "sts", "GetCallerIdentity")["Error"]
    assert (reply.status, error["Code"], error["Message"]) == (400, "InvalidAction", text)


def forged(request: SignedRequest) -> SignedRequest:
    return replace(request, body=request.body + b"&x=1")


def stripped(request: SignedRequest) -> SignedRequest:
    return replace(request, headers=[pair for pair in request.headers if pair[0] != b"authorization"])


def strange(request: SignedRequest) -> SignedRequest:
    headers = [(name, value.replace(b"AKIAIOSFODNN7EXAMPLE", b"AKIAI")) for name, value in request.headers]
    return replace(request, headers=headers)


def halved(request: SignedRequest) -> SignedRequest:
    headers = [(name, value[:40] if name == b"authorization" else value) for name, value in request.headers]
    return replace(request, headers=headers)


REFUSALS = [
    (forged, "InvalidSignatureException", "SignatureDoesNotMatch"),
    (stripped, "MissingAuthenticationTokenException", "MissingAuthenticationToken"),
    (strange, "UnrecognizedClientException", "InvalidClientTokenId"),
    (halved, "IncompleteSignatureException", "IncompleteSignature"),
]


@pytest.mark.parametrize(("change", "code", "query_code"), REFUSALS)
def test_nothing_runs_for_who_is_not_believed(
    door: Door, handle: Any, ran: list[Any], change: Any, code: str, query_code: str
) -> None:
    """JSON says so with 400 and a bare type, Query with 403 and its own name."""
    handle("ecr", "ListImages")
    handle("sts", "GetCallerIdentity")
    reply = door.ask(change(sign(headers={"X-Amz-Target": f"{TARGETS['ecr']}.ListImages"})))
    assert (reply.status, reply.json()["__type"]) == (400, code)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    reply = door.ask(change(sign(body=body, service="sts", headers=form)))
    assert reply.status == 403
    assert client_sees(reply, "query", "sts", "GetCallerIdentity")["Error"]["Code"] == query_code
    assert not ran


def test_the_scope_names_the_service(door: Door) -> None:
    """A signature for another service is refused in AWS's words."""
    reply = door.call("CreateRepository", NAME, scope="sts")
    assert reply.json() == {
        "__type": "InvalidSignatureException",
        "message": "Credential should be scoped to correct service: 'ecr'. ",
    }


def test_a_session_token_of_nobody_is_refused(door: Door) -> None:
    """No temporary keys exist yet, so a session token is not of this installation."""
    assert door.call("CreateRepository", NAME, token="abc").json()["__type"] == "UnrecognizedClientException"


def test_an_old_signature_is_refused(door: Door) -> None:
    """Sixteen minutes are too many."""
    reply = door.call("CreateRepository", NAME, moment=NOW - timedelta(minutes=16))
    assert reply.json()["message"].startswith("Signature expired: 20260304T045007Z is now earlier than")


MALFORMED = [
    b"",
    b"[",
    b"null",
    b"[]",
    b'"x"',
    b"{} {}",
    b"\xff",
    b'{"repositoryName":NaN}',
    b"[" * 5000,
    b"\xef\xbb\xbf{}",
]


@pytest.mark.parametrize("body", MALFORMED)
def test_a_body_of_no_form_is_a_serialization_exception(door: Door, body: bytes) -> None:
    """Whatever cannot be read is 400, and the signature was checked before."""
    reply = door.call("CreateRepository", body)
    assert (reply.status, reply.json()["__type"]) == (400, "SerializationException")


def test_a_request_outside_the_model_is_an_invalid_parameter(door: Door, handle: Any, ran: list[Any]) -> None:
    """ECR names the member and the constraint; the handler does not run."""
    handle("ecr", "CreateRepository")
    reply = door.call("CreateRepository", {"repositoryName": "Bad!", "registryId": "123456789012"})
    assert reply.status == 400
    assert reply.json()["__type"] == "InvalidParameterException"
    assert reply.json()["message"].startswith(
        "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '"
    )
    assert not ran


def test_an_error_carries_its_fields(door: Door, handle: Any) -> None:
    """InvalidLayerPartException says where the upload stands; a client reads it from the answer."""
    handle("ecr", "UploadLayerPart", raising(InvalidLayerPart("123456789012", "team/app", "u-1", 41)))
    reply = door.call("UploadLayerPart", PART)
    assert client_sees(reply, "json", "ecr", "UploadLayerPart")["Error"]["Code"] == "InvalidLayerPartException"
    assert reply.json() | {"message": ""} == {
        "__type": "InvalidLayerPartException",
        "message": "",
        "registryId": "123456789012",
        "repositoryName": "team/app",
        "uploadId": "u-1",
        "lastValidByteReceived": 41,
    }


PART = NAME | {
    "uploadId": "6b9b1b5e-0d5c-4c1f-9d2e-1f2a3b4c5d6e",
    "partFirstByte": 0,
    "partLastByte": 0,
    "layerPartBlob": "AA==",
}


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RepositoryNotFound("team/app", "123456789012"), 400, "RepositoryNotFoundException"),
        (UploadBusy("u-1"), 400, "ThrottlingException"),
        (StorageUnavailable("disk gone: /secret/path"), 503, "ServiceUnavailableException"),
        (RuntimeError("secret"), 500, "ServerException"),
        (KeyError("secret"), 500, "ServerException"),
    ],
)
def test_an_error_is_told_without_details(
    door: Door, handle: Any, logged: list[Any], error: Exception, status: int, code: str
) -> None:
    """Domain errors by their names; a defect, and what only the log may say, by nothing but a status."""
    handle("ecr", "UploadLayerPart", raising(error))
    reply = door.call("UploadLayerPart", PART)
    assert (reply.status, reply.json()["__type"]) == (status, code)
    assert b"secret" not in reply.body
    assert [event["request_id"] for event in logged] == ([] if status == 400 else ["r-1"])


def test_an_answer_that_the_model_does_not_have_is_a_defect(door: Door, handle: Any) -> None:
    """A member that is not modelled never goes out."""
    handle("ecr", "CreateRepository", lambda _call, _req: {"repositori": {}})
    assert door.call("CreateRepository", NAME).status == 500


def test_an_error_that_the_operation_does_not_declare_is_a_defect_in_tests(door: Door, handle: Any) -> None:
    """ListImages has no UploadBusy-like LayersNotFound; outside tests it goes out nevertheless."""
    handle("ecr", "ListImages", raising(InvalidLayerPart("123456789012", "a", "u", 0)))
    assert door.call("ListImages", NAME).status == 500
    door.strict = False
    assert door.call("ListImages", NAME).json()["__type"] == "InvalidLayerPartException"


def test_another_accounts_registry_is_denied(door: Door, handle: Any, ran: list[Any]) -> None:
    """The resource decides; the refusal is recorded with its error."""
    handle("ecr", "CreateRepository", resource="arn:aws:ecr:us-east-1:999999999999:repository/team/app")
    reply = door.call("CreateRepository", NAME)
    assert (reply.status, reply.json()["__type"]) == (400, "AccessDeniedException")
    assert "is not authorized to perform: ecr:CreateRepository on resource: arn:aws:ecr:" in reply.json()["message"]
    assert not ran
    (record,) = door.reg.trail._reads
    assert (record.error, record.parameters) == ("AccessDeniedException", NAME)


def test_reads_are_recorded_and_changes_are_not(door: Door, handle: Any) -> None:
    """A change records itself in its transaction; a read and a refusal are noted here."""
    handle("ecr", "CreateRepository")
    handle("ecr", "ListImages", reads=True)
    door.call("CreateRepository", NAME)
    door.call("ListImages", NAME)
    door.call("ListImages", {"repositoryName": "Bad!"})
    door.ask(forged(sign(headers={"X-Amz-Target": f"{TARGETS['ecr']}.ListImages"})))
    assert [(record.caller.action, record.error) for record in door.reg.trail._reads] == [
        ("ecr:ListImages", ""),
        ("ecr:ListImages", "InvalidParameterException"),
        ("ecr:ListImages", "InvalidSignatureException"),
    ]


@pytest.mark.parametrize(
    ("service", "operation", "cap"),
    [("ecr", "ListImages", 1 << 20), ("ecr", "PutImage", 8 << 20), ("ecr", "UploadLayerPart", 32 << 20)],
)
def test_bodies_are_bounded(door: Door, service: str, operation: str, cap: int) -> None:
    """413 beyond the operation's cap: at once where a length is announced, else as soon as it is passed."""
    headers = {"X-Amz-Target": f"{TARGETS[service]}.{operation}"}
    request = replace(sign(headers=headers), body=b" " * (cap + 200_000))
    reply = door.ask(request)
    assert (reply.status, reply.json()["__type"]) == (413, "RequestEntityTooLargeException")
    assert door.read <= cap + 65536
    door.read = 0
    announced = replace(request, headers=[*request.headers, (b"content-length", str(cap + 1).encode())])
    assert (door.ask(announced).status, door.read) == (413, 0)


def test_nobody_makes_us_take_a_body(door: Door) -> None:
    """Without a key that is known, the body is not read at all."""
    headers = {"X-Amz-Target": f"{TARGETS['ecr']}.UploadLayerPart"}
    request = replace(strange(sign(headers=headers)), body=b" " * (20 << 20))
    assert (door.ask(request).status, door.read) == (400, 0)


def test_a_large_part_arrives(door: Door, handle: Any, ran: list[Any]) -> None:
    """20,971,520 bytes, the model's maximum, fit below the cap; one more is outside the model."""
    import base64  # noqa: PLC0415  # only here

    handle("ecr", "UploadLayerPart")
    door.call("UploadLayerPart", PART | {"layerPartBlob": base64.b64encode(b"x" * 20_971_520).decode()})
    assert len(ran[0][1]["layerPartBlob"]) == 20_971_520
    reply = door.call("UploadLayerPart", PART | {"layerPartBlob": base64.b64encode(b"x" * 20_971_521).decode()})
    assert reply.json()["message"] == (
        "Invalid parameter at 'layerPartBlob' failed to satisfy constraint: "
        "'Member must have length less than or equal to 20971520'"
    )


@pytest.mark.parametrize(("encoding", "status"), [("gzip", 415), ("identity", 200), ("amz-1.0", 200)])
def test_compressed_bodies_are_not_taken(door: Door, handle: Any, encoding: str, status: int) -> None:
    """415, as no bomb is unpacked; the two words that mean nothing are fine."""
    handle("ecr", "CreateRepository")
    assert door.call("CreateRepository", NAME, headers={"Content-Encoding": encoding}).status == status


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/", 404),
        ("HEAD", "/", 404),
        ("GET", "/favicon.ico", 404),
        ("GET", "/?a=b", 404),
        ("POST", "/console", 404),
        ("PUT", "/", 405),
        ("OPTIONS", "/", 405),
        ("DELETE", "/x", 404),
        ("BREW", "/", 405),
    ],
)
def test_who_is_no_aws_client_gets_a_few_words(door: Door, method: str, target: str, status: int) -> None:
    """A browser or a scanner gets a small plain 4xx."""
    path, _, query = target.partition("?")
    reply = door.ask(SignedRequest(method, path.encode(), query.encode(), [(b"host", b"x")], b""))
    assert (reply.status, reply.headers["content-type"]) == (status, "text/plain; charset=utf-8")
    assert len(reply.body) < 200


def test_a_post_without_a_target_is_an_unknown_operation(door: Door) -> None:
    """As AWS answers it."""
    reply = door.ask(SignedRequest("POST", b"/", b"", [(b"host", b"x")], b"{}"))
    assert (reply.status, reply.json()) == (400, {"__type": "UnknownOperationException"})


def test_cloudwatch_speaks_three_protocols(door: Door, handle: Any) -> None:
    """The same operation in CBOR, JSON 1.0 and Query, each answered in its own."""
    handle("cloudwatch", "ListDashboards", lambda _call, _req: {"NextToken": "t", "DashboardEntries": []})
    path = "/service/GraniteServiceVersion20100801/operation/ListDashboards"
    how: Any = {"service": "monitoring", "headers": {"smithy-protocol": "rpc-v2-cbor"}}
    reply = door.ask(sign("POST", path, cbor2.dumps({}), **how))
    assert (reply.headers["content-type"], reply.headers["smithy-protocol"]) == ("application/cbor", "rpc-v2-cbor")
    assert cbor2.loads(reply.body) == {"NextToken": "t", "DashboardEntries": []}
    reply = door.call("ListDashboards", service="cloudwatch", scope="monitoring")
    assert reply.headers["content-type"] == "application/x-amz-json-1.0"
    assert reply.json() == {"NextToken": "t", "DashboardEntries": []}
    reply = door.query(b"Action=ListDashboards&Version=2010-08-01", service="monitoring")
    assert client_sees(reply, "query", "cloudwatch", "ListDashboards") == {"NextToken": "t", "DashboardEntries": []}


@pytest.mark.parametrize("protocol", ["json", "smithy-rpc-v2-cbor"])
def test_query_mode_gets_querys_code_too(door: Door, handle: Any, protocol: str) -> None:
    """CloudWatch's clients read the old code from a header, in both of its newer protocols."""
    handle("cloudwatch", "GetDashboard")
    headers = {"x-amzn-query-mode": "true"}
    if protocol == "json":
        reply = door.call("GetDashboard", service="cloudwatch", scope="monitoring", headers=headers)
    else:
        path = "/service/GraniteServiceVersion20100801/operation/GetDashboard"
        reply = door.ask(sign("POST", path, cbor2.dumps({}), service="monitoring", headers=headers))
    assert (reply.status, reply.headers["x-amzn-query-error"]) == (400, "ValidationError;Sender")
    error = client_sees(reply, protocol, "cloudwatch", "GetDashboard")["Error"]
    assert (error["Code"], error["QueryErrorCode"]) == ("ValidationError", "ValidationException")


def test_an_operation_may_need_no_permission(door: Door, handle: Any, ran: list[Any]) -> None:
    """NO_PERMISSION skips the decision, not the signature."""
    handle("sts", "GetCallerIdentity", resource=NO_PERMISSION)
    door.query(b"Action=GetCallerIdentity&Version=2011-06-15")
    assert [name for name, _ in ran] == ["GetCallerIdentity"]


def test_a_client_that_leaves_is_no_error(door: Door) -> None:
    """A body that breaks off ends in the server's own exception, which no answer follows."""
    request = sign(headers={"X-Amz-Target": f"{TARGETS['ecr']}.ListImages"})
    door.leaves = True
    with pytest.raises(ClientDisconnected):
        door.ask(request)


def test_rates(door: Door) -> None:
    """An account that calls too often is told so, as AWS does; other actions are not counted with it."""
    door.rates = ActionRates({"ecr:GetAuthorizationToken": 0.001})
    assert door.call("GetAuthorizationToken").status == 200
    reply = door.call("GetAuthorizationToken")
    assert (reply.status, reply.json()) == (400, {"__type": "ThrottlingException", "message": "Rate exceeded"})
    assert door.call("DescribeRepositories").status == 200
