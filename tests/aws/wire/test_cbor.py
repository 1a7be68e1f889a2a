"""CBOR without its tricks."""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.aws import model
from entrepot.aws.wire import cbor
from entrepot.aws.wire.malformed import MAX_DEPTH, Malformed


def shape(name: str = "DescribeAlarmHistory") -> model.Shape:
    found = model.service("cloudwatch").operation(name)
    assert found is not None
    return found.input


def refused(body: bytes, name: str = "DescribeAlarmHistory") -> None:
    with pytest.raises(Malformed):
        cbor.parse(shape(name), body)


def test_an_empty_body_is_an_empty_request() -> None:
    """As clients send it for an operation without input."""
    assert cbor.parse(shape(), b"") == {}


def test_lengths_may_be_indefinite() -> None:
    """Smithy lets clients stream maps and text."""
    body = bytes.fromhex("bf 69") + b"AlarmName" + bytes.fromhex("7f 61 61 61 62 ff ff")
    assert cbor.parse(shape(), body) == {"AlarmName": "ab"}


def test_an_instant_is_tagged() -> None:
    """Tag 1 with a whole number or a fraction; a bare number, a word or NaN is no instant."""
    assert cbor.parse(shape(), cbor2.dumps({"StartDate": cbor2.CBORTag(1, 5)})) == {"StartDate": 5.0}
    assert cbor.parse(shape(), cbor2.dumps({"StartDate": cbor2.CBORTag(1, 5.25)})) == {"StartDate": 5.25}
    for value in (
        5,
        cbor2.CBORTag(1, "5"),
        cbor2.CBORTag(1, float("nan")),
        cbor2.CBORTag(1, 1e300),
        cbor2.CBORTag(1, True),
    ):
        refused(cbor2.dumps({"StartDate": value}))


def test_no_other_tag_is_acted_on() -> None:
    """Patterns, references, huge numbers: all 65,535 other tags are refused, whatever they hold."""
    for tag in range(65_536):
        if tag != 1:
            refused(b"\xa1\x61x\xda" + struct.pack(">I", tag) + b"\x00")


@pytest.mark.parametrize(
    "body",
    [
        b"\x80",
        b"\x00",
        b"\xf6",
        b"\xff",
        b"\x9b" + b"\xff" * 8,
        b"\x5b" + b"\xff" * 8,
        b"\xa1\x61x" + b"\x81" * 100_000,
        b"\xa1\x61x" + b"\x9f" * 100_000,
        b"\xa1\x81\x00\x00",
        b"\xa1\x61\xff\x00",
        b"\xbf\x61a",
    ],
)
def test_bad_bytes_are_refused(body: bytes) -> None:
    """Not a map, cut short, promised too long, too deep, keys that are no text."""
    refused(body)


def test_depth_is_bounded() -> None:
    """A hundred levels of what is ignored are fine, one more is not."""
    nest: Any = 0
    for _ in range(MAX_DEPTH - 1):
        nest = [nest]
    assert cbor.parse(shape(), cbor2.dumps({"x": nest})) == {}
    refused(cbor2.dumps({"x": [nest]}))


WRONG = [
    {"AlarmName": 1},
    {"AlarmName": b"a"},
    {"AlarmTypes": "x"},
    {"AlarmTypes": {"a": 1}},
    {"MaxRecords": 1.5},
    {"MaxRecords": 2**31},
    {"MaxRecords": "1"},
    {"MaxRecords": True},
    {"MaxRecords": float("inf")},
]


@pytest.mark.parametrize("value", WRONG)
def test_types_are_exact(value: dict[str, Any]) -> None:
    """A value of another type is refused."""
    refused(cbor2.dumps(value))


def test_whole_numbers_may_be_floats() -> None:
    """As Smithy allows where nothing is lost."""
    assert cbor.parse(shape(), cbor2.dumps({"MaxRecords": 5.0, "AlarmName": None})) == {"MaxRecords": 5}


@settings(max_examples=500, deadline=None, database=None, derandomize=True)
@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(noise: bytes) -> None:
    """Nothing but a dict or Malformed comes of any bytes."""
    for body in (noise, b"\xa1\x69AlarmName" + noise, b"\xa1\x6aAlarmTypes\x82" + noise):
        with suppress(Malformed):
            assert isinstance(cbor.parse(shape(), body), dict)
