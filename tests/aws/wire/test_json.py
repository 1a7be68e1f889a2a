"""Bad JSON is refused in AWS's words, before it costs anything."""

from __future__ import annotations

import json as stdlib
import math
import time
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.aws import model
from entrepot.aws.wire import json
from entrepot.aws.wire.malformed import MAX_DEPTH, Malformed


def shape(operation: str, service: str = "ecr") -> model.Shape:
    found = model.service(service).operation(operation)
    assert found is not None
    return found.input


def refused(body: bytes, operation: str = "CreateRepository") -> str:
    with pytest.raises(Malformed) as caught:
        json.parse(shape(operation), body)
    return str(caught.value)


TEXTS = [
    ('{"repositoryName":1}', "NUMBER_VALUE can not be converted to a String"),
    ('{"repositoryName":1.5}', "NUMBER_VALUE can not be converted to a String"),
    ('{"repositoryName":true}', "TRUE_VALUE can not be converted to a String"),
    ('{"repositoryName":false}', "FALSE_VALUE can not be converted to a String"),
    ('{"repositoryName":{}}', "Start of structure or map found where not expected."),
    ('{"repositoryName":[]}', "Start of list found where not expected."),
    ('{"tags":"x"}', "Expected list or null"),
    ('{"tags":{}}', "Expected list or null"),
    ('{"tags":["x"]}', "Expected null"),
    ('{"imageScanningConfiguration":"x"}', "Expected null"),
    ('{"imageScanningConfiguration":{"scanOnPush":"true"}}', "STRING_VALUE can not be converted to a Boolean"),
    ('{"imageScanningConfiguration":{"scanOnPush":1}}', "NUMBER_VALUE can not be converted to a Boolean"),
]


@pytest.mark.parametrize(("body", "text"), TEXTS)
def test_a_value_of_another_type_is_named(body: str, text: str) -> None:
    """The token that was met, and the type that was expected."""
    assert refused(body.encode()) == text


PARTS = [
    ('{"partFirstByte":"1"}', "STRING_VALUE can not be converted to a Long"),
    ('{"partFirstByte":1.5}', "NUMBER_VALUE can not be converted to a Long"),
    ('{"partFirstByte":true}', "TRUE_VALUE can not be converted to a Long"),
    ('{"partFirstByte":9223372036854775808}', "NUMBER_VALUE can not be converted to a Long"),
    ('{"partFirstByte":1e300}', "NUMBER_VALUE can not be converted to a Long"),
    ('{"layerPartBlob":"A"}', "Invalid Base64 data"),
    ('{"layerPartBlob":"AA==\\n"}', "Invalid Base64 data"),
    ('{"layerPartBlob":"A\u00e9=="}', "Invalid Base64 data"),
    ('{"layerPartBlob":"AA=="AA"}', ""),
    ('{"layerPartBlob":7}', "NUMBER_VALUE can not be converted to a Blob"),
]


@pytest.mark.parametrize(("body", "text"), PARTS)
def test_numbers_and_blobs_are_exact(body: str, text: str) -> None:
    """64 bits, no fraction, base64 with its padding and nothing else."""
    assert refused(body.encode(), "UploadLayerPart") == text


def test_a_whole_number_may_have_a_point() -> None:
    """1.0 is 1, as JSON says."""
    assert json.parse(shape("UploadLayerPart"), b'{"partFirstByte":1.0}') == {"partFirstByte": 1}


def test_null_and_unknown_members_are_as_good_as_absent() -> None:
    """What a newer client sends does no harm, whatever its type."""
    body = b'{"repositoryName":null,"somethingNew":[{"a":1}],"registryId":"123456789012"}'
    assert json.parse(shape("CreateRepository"), body) == {"registryId": "123456789012"}


def test_the_last_of_two_keys_counts() -> None:
    """As in AWS, whose signature covers the whole body anyway."""
    assert json.parse(shape("ListImages"), b'{"repositoryName":"a","repositoryName":"b"}') == {"repositoryName": "b"}


def test_depth_is_bounded_before_parsing() -> None:
    """A hundred levels in what is ignored anyway are fine; one more is refused, and so are millions."""
    fine = b'{"x":' + b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1) + b"}"
    assert json.parse(shape("ListImages"), fine) == {}
    refused(b'{"x":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}")
    refused(b'{"x":' * 1_000_000)
    refused(b"[" * 8_000_000)


@pytest.mark.parametrize("part", [b'\\"', b'"",', b'{"":0},', b"[]", b'"\\', b"[", b'"[', b'"]",["[",'])
def test_depth_is_found_in_time(part: bytes) -> None:
    """A megabyte of anything is looked at in a moment, also where texts do not end, and needs no more memory for it."""
    tracemalloc.start()
    began = time.process_time()
    try:
        for start in (b"", b"[]" * (MAX_DEPTH + 1), b"[" * MAX_DEPTH):
            with suppress(Malformed):
                json.check_depth(start + part * (1_000_000 // len(part)))
        assert time.process_time() - began < 10
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@given(st.lists(st.sampled_from([b"[", b"]", b"{", b"}", b'"', b"\\", b"x", b'"[x]"', b'"\\""']), max_size=400))
def test_depth_is_the_same_however_long_the_body(parts: list[bytes]) -> None:
    """Short bodies are looked at in one go, long ones text by text; what they find is the same."""
    body = b"[]" * (MAX_DEPTH + 1) + b"".join(parts)

    def deep(told: bytes) -> bool:
        try:
            json.check_depth(told)
        except Malformed:
            return True
        return False

    assert deep(body) == deep(b" " * 70_000 + body)


def test_brackets_in_text_are_no_depth() -> None:
    """A manifest inside a string has as many brackets as it likes."""
    text = '{"a":[{"b\\"":"\\\\"}]}' * 1000 + "[{" * 1000
    body = stdlib.dumps({"repositoryName": "ab", "imageManifest": text}).encode()
    assert json.parse(shape("PutImage"), body)["imageManifest"] == text


@pytest.mark.parametrize(
    "body", [b'{"a":"\\ud800"}', b'{"a":"\\udc00x"}', b'{"a":"\xed\xa0\x80"}', b'{"a":"\xc0\x80"}']
)
def test_text_is_proper_unicode(body: bytes) -> None:
    """Half a surrogate pair and overlong forms are refused, escaped or not."""
    refused(body)


def test_times_are_of_this_era() -> None:
    """Epoch seconds from the year 1 to 9999; no words."""
    alarm = shape("DescribeAlarmHistory", "cloudwatch")
    assert json.parse(alarm, b'{"StartDate":1.25}') == {"StartDate": 1.25}
    for value in (b"1e300", b"-1e18", b'"2026-01-01T00:00:00Z"', b"true"):
        with pytest.raises(Malformed):
            json.parse(alarm, b'{"StartDate":' + value + b"}")


def test_special_numbers_go_as_words() -> None:
    """NaN and the infinities, in and out, as Smithy writes them."""
    alarm = model.service("cloudwatch").operation("PutMetricAlarm")
    assert alarm is not None
    found = json.parse(alarm.input, b'{"Threshold":"-Infinity"}')
    assert found == {"Threshold": -math.inf}
    assert json.serialize(alarm.input, {"Threshold": math.nan}) == b'{"Threshold":"NaN"}'
    assert json.serialize(alarm.input, {"Threshold": math.inf}) == b'{"Threshold":"Infinity"}'


def test_none_stays_out_of_an_answer() -> None:
    """A member that is None is not written."""
    assert (
        json.serialize(shape("ListImages"), {"repositoryName": "ab", "nextToken": None}) == b'{"repositoryName":"ab"}'
    )


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
_NAMES = ("repositoryName", "imageIds", "imageTag", "filter", "maxResults", "registryId", "tags", "Key", "Value")


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(st.dictionaries(st.sampled_from(_NAMES), _JSON, max_size=4), st.sampled_from(model.service("ecr").operations))
def test_any_json_is_read_or_refused(value: Any, operation: str) -> None:
    """Nothing but a dict or Malformed comes of any values."""
    try:
        found = json.parse(shape(operation), stdlib.dumps(value).encode())
    except Malformed:
        return
    assert set(found) <= set(value)


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(st.binary(max_size=40) | st.text('{}[]",:\\u0d8nulltr1e.-', max_size=30).map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """Nothing but a dict or Malformed comes of any bytes."""
    with suppress(Malformed):
        assert isinstance(json.parse(shape("ListImages"), body), dict)
