"""Round trips with botocore over every operation, in every protocol that its service speaks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.aws import oracle, values

from entrepot.aws import model
from entrepot.aws.wire import cbor, json, query

PROTOCOLS = {
    "ecr": ("json",),
    "ecr-public": ("json",),
    "sts": ("query",),
    "cloudwatch": ("smithy-rpc-v2-cbor", "json", "query"),
}
CASES = [
    pytest.param(service, protocol, name, id=f"{service}-{protocol}-{name}")
    for service, protocols in PROTOCOLS.items()
    for protocol in protocols
    for name in model.service(service).operations
]
few = settings(
    max_examples=10,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def operation(service: str, name: str) -> model.Operation:
    found = model.service(service).operation(name)
    assert found is not None
    return found


def parse(protocol: str, shape: model.Shape, body: bytes) -> dict[str, Any]:
    match protocol:
        case "json":
            return json.parse(shape, body)
        case "query":
            return query.parse(shape, query.fields(body))
        case _:
            return cbor.parse(shape, body)


def serialize(protocol: str, op: model.Operation, value: dict[str, Any]) -> bytes:
    match protocol:
        case "json":
            return json.serialize(op.output, value)
        case "query":
            return query.serialize(op.name, op.result_wrapper, op.output, value, op.service.xml_namespace, "r-1")
        case _:
            return cbor.serialize(op.output, value)


@pytest.mark.parametrize(("service", "protocol", "name"), CASES)
@few
@given(data=st.data())
def test_what_botocore_sends_is_what_is_read(service: str, protocol: str, name: str, data: st.DataObject) -> None:
    """A request of any values, serialised by botocore, is parsed to the same values."""
    op = operation(service, name)
    value = data.draw(values.of(op.input, empties=protocol != "query"))
    sent = oracle.request(protocol, oracle.operation(service, name), values.as_client(op.input, value))
    assert parse(protocol, op.input, sent["body"]) == value


@pytest.mark.parametrize(("service", "protocol", "name"), CASES)
@few
@given(data=st.data())
def test_what_is_written_is_what_botocore_reads(service: str, protocol: str, name: str, data: st.DataObject) -> None:
    """An answer of any values (empty ones and sub-second times too) is parsed by botocore to the same values."""
    op = operation(service, name)
    value = data.draw(values.of(op.output))
    body = serialize(protocol, op, value)
    assert oracle.answer(protocol, oracle.operation(service, name), body) == values.as_client(op.output, value)
