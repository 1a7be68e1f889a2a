"""What the models refuse, and in which words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.aws import values

from entrepot.aws import model, validate


def refusal(service: str, name: str, params: dict[str, Any], *, query: bool = False) -> tuple[str, str]:
    operation = model.service(service).operation(name)
    assert operation is not None
    try:
        validate.validate(operation.service, operation.input, params, query=query)
    except validate.Invalid as invalid:
        return invalid.code, str(invalid)
    return "", ""


REPOSITORY = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*"
MUTABILITY = "[IMMUTABLE, MUTABLE, MUTABLE_WITH_EXCLUSION, IMMUTABLE_WITH_EXCLUSION]"
ECR: list[tuple[str, dict[str, Any], str, str]] = [
    ("CreateRepository", {}, "repositoryName", "Member must not be null"),
    ("CreateRepository", {"repositoryName": "A!"}, "repositoryName", f"must satisfy regular expression '{REPOSITORY}'"),
    (
        "CreateRepository",
        {"repositoryName": "ab\n"},
        "repositoryName",
        f"must satisfy regular expression '{REPOSITORY}'",
    ),
    (
        "CreateRepository",
        {"repositoryName": "a"},
        "repositoryName",
        "Member must have length greater than or equal to 2",
    ),
    (
        "CreateRepository",
        {"repositoryName": "a" * 257},
        "repositoryName",
        "Member must have length less than or equal to 256",
    ),
    (
        "CreateRepository",
        {"repositoryName": "ab", "registryId": "12345678901"},
        "registryId",
        "must satisfy regular expression [0-9]{12}",
    ),
    (
        "CreateRepository",
        {"repositoryName": "ab", "imageTagMutability": "x"},
        "imageTagMutability",
        f"Member must satisfy enum value set: {MUTABILITY}",
    ),
    (
        "CreateRepository",
        {"repositoryName": "ab", "encryptionConfiguration": {}},
        "encryptionConfiguration.encryptionType",
        "Member must not be null",
    ),
    ("DescribeRepositories", {"maxResults": 0}, "maxResults", "Member must have value greater than or equal to 1"),
    ("DescribeRepositories", {"maxResults": 1001}, "maxResults", "Member must have value less than or equal to 1000"),
    (
        "DescribeRepositories",
        {"repositoryNames": []},
        "repositoryNames",
        "Member must have length greater than or equal to 1",
    ),
    (
        "DescribeRepositories",
        {"repositoryNames": ["ab"] * 101},
        "repositoryNames",
        "Member must have length less than or equal to 100",
    ),
    (
        "GetAuthorizationToken",
        {"registryIds": ["0"]},
        "registryIds",
        "Member must satisfy constraint: [Member must satisfy regular expression pattern: [0-9]{12}]",
    ),
    (
        "TagResource",
        {"resourceArn": "x", "tags": [{"Key": "k"}]},
        "tags",
        "Member must satisfy constraint: [Member must not be null]",
    ),
    (
        "BatchGetImage",
        {"repositoryName": "ab", "imageIds": [None]},
        "imageIds",
        "Member must satisfy constraint: [Member must not be null]",
    ),
    (
        "CompleteLayerUpload",
        {"repositoryName": "ab", "uploadId": "x", "layerDigests": ["sha256:00"]},
        "uploadId",
        (
            "Member must satisfy regular expression pattern: "
            "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
        ),
    ),
    (
        "PutImage",
        {"repositoryName": "ab", "imageManifest": "m", "imageTag": "t" * 301},
        "imageTag",
        "Member must have length less than or equal to 300",
    ),
    (
        "PutImage",
        {"repositoryName": "ab", "imageManifest": "m\0"},
        "imageManifest",
        "Member must not contain the null character",
    ),
]


@pytest.mark.parametrize(("name", "params", "member", "text"), ECR)
def test_ecr_names_the_first_violation(name: str, params: dict[str, Any], member: str, text: str) -> None:
    """InvalidParameterException, with the member and the constraint."""
    assert refusal("ecr", name, params) == (
        "InvalidParameterException",
        f"Invalid parameter at '{member}' failed to satisfy constraint: '{text}'",
    )


@pytest.mark.parametrize(
    ("name", "params", "text"),
    [
        (
            "AttachRolePolicy",
            {"RoleName": "arn:aws:iam::123456789012:role/x", "PolicyArn": "arn:aws:iam::aws:policy/x"},
            (
                "The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the "
                "following: +=,.@_-"
            ),
        ),
        (
            "CreatePolicy",
            {"PolicyName": "ab", "Path": "x", "PolicyDocument": "{}"},
            (
                "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric "
                "characters and/or / characters."
            ),
        ),
        (
            "CreateGroup",
            {"GroupName": "a b" * 50},
            (
                f"1 validation error detected: Value '{'a b' * 50}' at 'groupName' failed to satisfy constraint: "
                "Member must have length less than or equal to 128"
            ),
        ),
        (
            "GetRole",
            {},
            (
                "1 validation error detected: Value null at 'roleName' failed to satisfy constraint: "
                "Member must not be null"
            ),
        ),
    ],
)
def test_iam_on_names_and_paths(name: str, params: dict[str, Any], text: str) -> None:
    """IAM's own sentence about the first name or path that is wrong, where its framework has nothing to say."""
    assert refusal("iam", name, params, query=True) == ("ValidationError", text)


def test_other_services_list_every_violation() -> None:
    """STS in Query: ValidationError, each value shown, members in lower camel case."""
    assert refusal("sts", "AssumeRole", {"RoleArn": "short", "RoleSessionName": "a b"}, query=True) == (
        "ValidationError",
        (
            "2 validation errors detected: Value 'short' at 'roleArn' failed to satisfy constraint: "
            "Member must have length greater than or equal to 20; Value 'a b' at 'roleSessionName' failed to satisfy "
            r"constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*"
        ),
    )
    assert refusal("sts", "AssumeRole", {"RoleArn": "a" * 20}, query=True) == (
        "ValidationError",
        (
            "1 validation error detected: Value null at 'roleSessionName' failed to satisfy constraint: "
            "Member must not be null"
        ),
    )


def test_nested_members_have_a_path() -> None:
    """`metricData.1.member.metricName`, and ValidationException outside Query."""
    datum: dict[str, Any] = {"MetricName": "", "Value": 1.0}
    code, message = refusal("cloudwatch", "PutMetricData", {"Namespace": "n", "MetricData": [datum]})
    assert code == "ValidationException"
    assert (
        "Value '' at 'metricData.1.member.metricName' failed to satisfy constraint: Member must have length" in message
    )


def test_a_secret_is_not_shown() -> None:
    """The value of a sensitive member stays out of the message, and of the log that has it."""
    _, message = refusal(
        "sts", "AssumeRoleWithWebIdentity", {"RoleArn": "a" * 20, "RoleSessionName": "ab", "WebIdentityToken": "abc"}
    )
    assert message == (
        "1 validation error detected: Value at 'webIdentityToken' failed to satisfy constraint: "
        "Member must have length greater than or equal to 4"
    )


def test_a_flood_of_violations_is_cut() -> None:
    """Ten are told, and long values are shortened."""
    many = [{"MetricName": "x" * 5000, "Value": 1.0} for _ in range(1000)]
    _, message = refusal("cloudwatch", "PutMetricData", {"Namespace": "n", "MetricData": many})
    assert message.startswith("10 validation errors detected: ")
    assert len(message) < 10_000


def test_a_union_has_one_member() -> None:
    """Two members of a union, or none, are a violation."""
    shape = (
        next(inner for inner in model.service("cloudwatch").shapes.values() if inner.union)
        if any(inner.union for inner in model.service("cloudwatch").shapes.values())
        else None
    )
    operation = model.service("cloudwatch").operation("PutMetricAlarm")
    assert operation is not None
    shape = shape or next(inner for inner in model.service("cloudwatch").shapes.values() if inner.union)
    assert [found.constraint for found in validate.violations(shape, {})] == [
        "Member must have exactly one of its members set"
    ]


@settings(max_examples=200, deadline=None, database=None, derandomize=True)
@given(st.data())
def test_the_verdict_is_that_of_a_plain_reading(data: st.DataObject) -> None:
    """Scalars of any value: refused exactly where length, range, enum, or the pattern at full length say so."""
    service = model.service(data.draw(st.sampled_from(["ecr", "ecr-public", "sts"])))
    for name in service.operations:
        service.operation(name)
    scalars = [shape for shape in service.shapes.values() if shape.kind in {"string", "integer", "long"}]
    shape = data.draw(st.sampled_from(scalars))
    value = data.draw(values.of(shape) | st.from_regex(shape.pattern) if shape.pattern else values.of(shape))
    size = len(value) if isinstance(value, str) else value
    fine = (shape.least is None or size >= shape.least) and (shape.most is None or size <= shape.most)
    fine = fine and (not shape.choices or value in shape.choices) and "\0" not in str(value)
    if fine and shape.pattern is not None:
        fine = shape.pattern.fullmatch(value) is not None
    assert (list(validate.violations(shape, value)) == []) == fine


def texts(shape: model.Shape, seen: set[int]) -> list[model.Shape]:
    """Every shape of a text below a shape."""
    if id(shape) in seen:
        return []
    seen.add(id(shape))
    below = [*shape.members.values()]
    below += [shape.of()] if shape.kind in {"list", "map"} else []
    return [shape] * (shape.kind == "string") + [found for each in below for found in texts(each, seen)]


@pytest.mark.parametrize("service", ["ecr", "sts", "iam"])
def test_a_good_text_is_one_in_which_nothing_is_found(service: str) -> None:
    """The short look, which most values end with, and the list of violations never disagree."""
    owner = model.service(service)
    found = [owner.operation(name) for name in owner.operations]
    shapes = [shape for each in found if each is not None for shape in texts(each.input, set())]
    assert len(shapes) > 20
    for shape in shapes:
        lengths = {0, 1, 2, int(shape.least or 0), int(shape.most or 0), int(shape.most or 0) + 1}
        samples = {"a" * length for length in lengths if length < 10_000}
        samples |= {*shape.choices, "\0", "a\0", "A!", "123456789012", "team/app", "arn:aws:iam::123456789012:role/x"}
        for sample in samples:
            assert validate._is_good_text(shape, sample) == (not [*validate.violations(shape, sample)]), (shape, sample)
