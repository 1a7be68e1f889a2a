"""Forms in, XML out, and what neither can be made to do."""

from __future__ import annotations

from contextlib import suppress
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.aws import model
from entrepot.aws.wire import query
from entrepot.aws.wire.malformed import Malformed


def operation(name: str, service: str = "cloudwatch") -> model.Operation:
    found = model.service(service).operation(name)
    assert found is not None
    return found


def parse(name: str, form: bytes) -> dict[str, object]:
    return query.parse(operation(name).input, query.fields(form))


def test_fields_are_decoded_and_the_first_counts() -> None:
    """`+` and `%20` are spaces, text is UTF-8, a name without a value is empty."""
    assert query.fields(b"a=x+y%20z&b=%C3%A9&c&a=2&&=d") == {"a": "x y z", "b": "é", "c": "", "": "d"}


@pytest.mark.parametrize("form", [b"a=%FF", b"%C3=1", b"a=\xff"])
def test_text_is_utf8(form: bytes) -> None:
    """What is not UTF-8 is refused."""
    with pytest.raises(Malformed):
        query.fields(form)


def test_fields_are_bounded() -> None:
    """Ten thousand of them, and 32 parts in a name."""
    with pytest.raises(Malformed):
        query.fields(b"a&" * 20_000)
    with pytest.raises(Malformed):
        parse("ListMetrics", b"Dimensions" + b".member" * 40 + b"=1")
    assert parse("ListMetrics", b".".join([b"x"] * 30) + b"=1") == {}


def test_lists_are_in_the_order_of_their_numbers() -> None:
    """Ten comes after nine, gaps are closed, empty lists are lists."""
    form = b"&".join(b"AlarmNames.member.%d=%d" % (number, number) for number in (10, 9, 2, 11))
    assert parse("DescribeAlarms", form) == {"AlarmNames": ["2", "9", "10", "11"]}
    assert parse("DescribeAlarms", b"AlarmNames=") == {"AlarmNames": []}
    assert parse("DescribeAlarms", b"AlarmNames=&AlarmNames.member.1=a") == {"AlarmNames": ["a"]}
    assert parse("DescribeAlarms", b"AlarmNames.member.1=a&AlarmNames=") == {"AlarmNames": ["a"]}


BAD = [
    b"AlarmNames=x",
    b"AlarmNames.member=x",
    b"AlarmNames.member.0=x",
    b"AlarmNames.member.x=x",
    b"AlarmNames.member.1.2=x",
    b"AlarmNames.member.99999999=x",
    b"AlarmNamePrefix.a=x",
    b"MaxRecords=ten",
    b"MaxRecords=1.5",
    b"MaxRecords=99999999999",
    b"MaxRecords=" + b"9" * 5000,
    b"MaxRecords=",
    "MaxRecords=\u0661".encode(),
]


@pytest.mark.parametrize("form", BAD)
def test_what_does_not_fit_is_refused(form: bytes) -> None:
    """Scalars for lists, lists for scalars, numbers that are none or too large."""
    with pytest.raises(Malformed):
        parse("DescribeAlarms", form)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-03-04T05:06:07Z", 1772600767),
        ("2026-03-04T05:06:07.25Z", 1772600767.25),
        ("2026-03-04T05:06:07.123456Z", 1772600767.123456),
        ("2026-03-04T07:06:07+02:00", 1772600767),
        ("1772600767.5", 1772600767.5),
        ("1969-12-31T23:59:59.9Z", -0.1),
    ],
)
def test_times_are_iso8601(text: str, seconds: float) -> None:
    """With or without a fraction, in any offset; seconds will do."""
    form = f"StartDate={text.replace('+', '%2B')}".encode()
    assert parse("DescribeAlarmHistory", form) == {"StartDate": seconds}


@pytest.mark.parametrize(
    "text", ["", "today", "2026-13-01T00:00:00Z", "2026-01-01", "0001-01-01T00:00:00%2B23:00", "1e99"]
)
def test_other_times_are_refused(text: str) -> None:
    """Days that are none, and other forms."""
    with pytest.raises(Malformed):
        parse("DescribeAlarmHistory", f"StartDate={text}".encode())


def test_times_go_out_with_as_much_fraction_as_they_have() -> None:
    """None, milliseconds, microseconds."""
    history = operation("DescribeAlarmHistory")
    for seconds, text in ((0, "1970-01-01T00:00:00Z"), (1.25, "00:00:01.250Z"), (1.000001, "00:00:01.000001Z")):
        value = {"AlarmHistoryItems": [{"Timestamp": seconds}]}
        body = query.serialize("DescribeAlarmHistory", history.result_wrapper, history.output, value, "ns", "r")
        assert f"{text}</Timestamp>".encode() in body


@settings(max_examples=200, deadline=None, database=None, derandomize=True)
@given(st.text(max_size=20))
def test_any_text_makes_well_formed_xml(text: str) -> None:
    """Markup is escaped, line ends survive, and what XML cannot write becomes U+FFFD."""
    who = operation("GetCallerIdentity", "sts")
    body = query.serialize("GetCallerIdentity", who.result_wrapper, who.output, {"Arn": text}, "urn:x", text)
    root = ET.fromstring(body)  # our own text
    expected = "".join("\ufffd" if query._UNWRITABLE.match(character) else character for character in text)
    assert (root.findtext("{urn:x}GetCallerIdentityResult/{urn:x}Arn") or "") == expected
    root = ET.fromstring(query.error("C", text, sender=True, namespace="urn:x", request_id="r"))
    assert (root.findtext("{urn:x}Error/{urn:x}Message") or "") == expected


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(st.text("AlarmNes.member123=&+%0aF-", max_size=40), st.sampled_from(model.service("cloudwatch").operations))
def test_any_form_is_read_or_refused(form: str, name: str) -> None:
    """Nothing but a dict or Malformed comes of any form."""
    with suppress(Malformed):
        assert isinstance(parse(name, form.encode()), dict)
