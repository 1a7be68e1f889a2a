"""An answer in the words of the call's protocol: a result, an error, or the few lines for who is no AWS client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from entrepot.aws import errors
from entrepot.aws.wire import cbor, json, query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from entrepot.aws.model import Operation
    from entrepot.aws.target import Target
    from entrepot.web.asgi import Send

Headers = list[tuple[bytes, bytes]]

NO_PAGE = (
    b"Entrepot answers Amazon ECR's API here, and container clients under /v2/. There is no page at this address.\n"
)
NAMESPACE = "http://webservices.amazon.com/AWSFault/2005-15-09"  # AWS's own, for errors of no service


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Headers
    body: bytes


async def send_answer(answer: Answer, send: Send) -> None:
    headers = [*answer.headers, (b"content-length", str(len(answer.body)).encode())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def result(target: Target, operation: Operation, value: Mapping[str, Any], request_id: str) -> Answer:
    """The answer of a call that succeeded. Raises KeyError for a member that the model does not have."""
    match target.protocol:
        case "json":
            body = json.serialize(operation.output, value)
        case "cbor":
            body = cbor.serialize(operation.output, value)
        case "query":
            namespace = operation.service.xml_namespace
            body = query.serialize(
                operation.name, operation.result_wrapper, operation.output, value, namespace, request_id
            )
    return Answer(200, _headers(target), body)


def refusal(target: Target, fault: errors.Fault, request_id: str) -> Answer:
    """The answer of a call that failed."""
    service = target.service
    shape = service.error(fault.code) if service is not None and not fault.common else None
    as_query = target.protocol == "query"
    status = errors.status_of(shape, fault.code, query=as_query)
    sender = shape.sender if shape is not None else status < 500  # noqa: PLR2004  # the server's own errors
    fields_shape = shape.shape if shape is not None else None
    headers = _headers(target)
    if as_query:
        body = query.error(
            errors.query_code_of(shape, fault.code),
            fault.message,
            sender=sender,
            namespace=service.xml_namespace if service is not None else NAMESPACE,
            request_id=request_id,
            shape=fields_shape,
            extra=fault.fields,
        )
        return Answer(status, headers, body)
    if target.query_mode and service is not None and service.query_compatible:
        compatible = f"{errors.query_code_of(shape, fault.code)};{'Sender' if sender else 'Receiver'}"
        headers.append((b"x-amzn-query-error", compatible.encode()))
    write = json.error if target.protocol == "json" else cbor.error
    return Answer(status, headers, write(fault.code, fault.message, fields_shape, fault.fields))


def no_page(method: str, path: bytes) -> Answer:
    """The answer to what is no AWS call: a browser, a scanner, a client that got the wrong address."""
    if method in {"GET", "HEAD"} or path.strip(b"/"):
        return Answer(404, [(b"content-type", b"text/plain; charset=utf-8")], NO_PAGE)
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"allow", b"GET, HEAD, POST")]
    return Answer(405, headers, b"AWS calls are sent by POST.\n")


def _headers(target: Target) -> Headers:
    match target.protocol:
        case "json":
            version = target.service.json_version if target.service is not None else ""
            return [(b"content-type", f"application/x-amz-json-{version or '1.1'}".encode())]
        case "cbor":
            return [(b"content-type", b"application/cbor"), (b"smithy-protocol", b"rpc-v2-cbor")]
        case "query":
            return [(b"content-type", b"text/xml")]
