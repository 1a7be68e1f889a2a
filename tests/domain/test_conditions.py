"""The operators of conditions and the values that they take."""

from __future__ import annotations

import pytest

from entrepot.domain import conditions
from entrepot.domain.conditions import Condition

_ORDERED = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
_TEXT = ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike")
OPERATORS = [
    *(f"String{name}" for name in _TEXT),
    *(f"{kind}{name}" for kind in ("Numeric", "Date") for name in _ORDERED),
    *("ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike", "IpAddress", "NotIpAddress"),
    *("Bool", "BinaryEquals", "Null"),
]
GOOD = {
    "String": ["", "x", "*", "${aws:username}"],
    "Numeric": ["0", "-1", "+3.5", "${aws:x}"],
    "Date": ["2024-02-29", "2024-02-29T23:59:59Z", "2024-02-29T23:59:59+02:00", "1700000000", "2030", "2030-01"],
    "Bool": ["true", "False"],
    "Binary": ["", "QQ=="],
    "Ip": ["10.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32"],
    "NotIp": ["0.0.0.0/0"],
    "Arn": ["*", "arn:aws:s3:::bucket", "arn:*:*:*:*:*", "arn:aws:iam::123456789012:role/a?b*"],
    "Null": ["true", "false"],
}
BAD = {
    "Numeric": ["", "one", "1e3", "1.", "٣", "9" * 20],
    "Date": ["", "yesterday", "2023-02-29", "2024-13-01", "2024-13", "0000", "2024-W01", "20240229T235959Z"],
    "Bool": ["", "1", "yes"],
    "Binary": ["*", "Q", "QQ==\n"],
    "Ip": ["", "10.0.0", "10.0.0.0/33", "localhost", "10.0.0.1:80"],
    "NotIp": ["any"],
    "Arn": ["", "bucket", "arn:aws:s3", "arn:aws:s3:::a b"],
    "Null": ["", "null"],
}


def family(operator: str) -> str:
    return next(name for name in sorted(GOOD, key=len, reverse=True) if operator.startswith(name))


@pytest.mark.parametrize("operator", OPERATORS)
def test_operators(operator: str) -> None:
    """Each operator takes its kind of values, with IfExists but for Null, and over many values."""
    values = tuple(GOOD[family(operator)])
    assert conditions.parse(operator, "aws:key", values) == Condition(operator, "aws:key", values)
    for set_ in ("ForAllValues", "ForAnyValue"):
        assert conditions.parse(f"{set_}:{operator}", "aws:key", values).quantifier == set_
    if operator == "Null":
        with pytest.raises(ValueError, match="no condition operator 'NullIfExists'"):
            conditions.parse("NullIfExists", "aws:key", values)
    else:
        found = conditions.parse(f"ForAnyValue:{operator}IfExists", "aws:key", values)
        assert found == Condition(operator, "aws:key", values, "ForAnyValue", if_exists=True)


@pytest.mark.parametrize("operator", [name for name in OPERATORS if family(name) in BAD])
def test_values(operator: str) -> None:
    """A value of another kind is refused, also beside good ones."""
    for bad in BAD[family(operator)]:
        with pytest.raises(ValueError, match=r"(?s)takes .*, which '.*' is not"):
            conditions.parse(operator, "aws:key", (GOOD[family(operator)][0], bad))


@pytest.mark.parametrize(
    "operator",
    [
        *("", "Equals", "stringequals", "StringEquals ", "ForAllValues", "ForAll:StringEquals", "IfExists"),
        *("ForAllValues:ForAnyValue:StringEquals", "StringEqualsIfExistsIfExists", "x" * 9000),
    ],
)
def test_no_operators(operator: str) -> None:
    """What is no operator is told, shortened."""
    with pytest.raises(ValueError, match=r"^there is no condition operator '.{0,80}'$"):
        conditions.parse(operator, "aws:key", ("x",))


@pytest.mark.parametrize(
    "key",
    [
        *("aws:SourceIp", "ecr:ResourceTag/team name", "aws:PrincipalTag/a:b"),
        *("token.actions.githubusercontent.com:sub", "oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE:sub"),
    ],
)
def test_keys(key: str) -> None:
    """Keys have a service or an issuer, and a name that may hold spaces."""
    assert conditions.parse("StringEquals", key, ("x",)).key == key


@pytest.mark.parametrize("key", ["", "SourceIp", "aws:", ":x", "a b:c", "aws:\n", "aws:\0", "aws:" + "x" * 513])
def test_no_keys(key: str) -> None:
    """Text without both is no key."""
    with pytest.raises(ValueError, match="no condition key"):
        conditions.parse("StringEquals", key, ("x",))
