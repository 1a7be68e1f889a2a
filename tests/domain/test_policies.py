"""Policy documents: what is read, what is refused and why."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

import pytest

from entrepot.domain import policies
from entrepot.domain.conditions import Condition
from entrepot.domain.errors import MalformedPolicyDocument, PolicyInvalid
from entrepot.domain.policies import Document, Kind, Principal, Statement

ROOT = "arn:aws:iam::123456789012:root"
ROLE = "arn:aws:iam::123456789012:role/ci/push"
SESSION = "arn:aws:sts::123456789012:assumed-role/push/build-1"
REPOSITORY = "arn:aws:ecr:us-east-1:123456789012:repository/team/app"
GOOD: dict[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}


def text(*statements: dict[str, Any], **members: Any) -> str:
    return json.dumps({"Version": "2012-10-17", **members, "Statement": list(statements)})


def why(document: str, kind: Kind = Kind.REPOSITORY) -> str:
    """The sentence that follows AWS's words where a document is refused."""
    with pytest.raises(PolicyInvalid) as caught:
        policies.parse(document, kind)
    told = str(caught.value)
    head = f"Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid {kind.value} policy provided'. "
    assert told.startswith(head)
    assert told.endswith(".")
    assert len(told) < 500
    return told.removeprefix(head).removesuffix(".")


def one(**members: Any) -> Statement:
    """The statement that a policy of one statement has."""
    [found] = policies.parse(text({**GOOD, **members}), Kind.REPOSITORY).statements
    return found


def refused(*gone: str, **members: Any) -> str:
    """Why a policy of one statement, without some of its elements, is refused."""
    return why(text({name: value for name, value in {**GOOD, **members}.items() if name not in gone}))


def test_a_whole_document() -> None:
    """Every element is read, single texts and lists alike."""
    document = text(
        {
            "Sid": "Pull and push, it says",
            "Effect": "Deny",
            "NotPrincipal": {"AWS": ["123456789012", ROLE, SESSION], "Service": "lambda.amazonaws.com"},
            "NotAction": ["ecr:Get*", "ECR:batch?etImage", "*"],
            "Resource": "*",
            "Condition": {
                "StringEquals": {"aws:PrincipalTag/team": ["core", "edge"]},
                "ForAnyValue:NumericLessThanIfExists": {"aws:x": [1, 2.5, "3.50"]},
                "Bool": {"aws:SecureTransport": False},
            },
        },
        GOOD,
        Id="mine",
    )
    first, second = policies.parse(document, Kind.REPOSITORY).statements
    named = [("AWS", ROOT), ("AWS", ROLE), ("AWS", SESSION), ("Service", "lambda.amazonaws.com")]
    assert first == Statement(
        effect="Deny",
        not_principals=tuple(Principal(*each) for each in named),
        not_actions=("ecr:Get*", "ECR:batch?etImage", "*"),
        resources=("*",),
        conditions=(
            Condition("StringEquals", "aws:PrincipalTag/team", ("core", "edge")),
            Condition("NumericLessThan", "aws:x", ("1", "2.5", "3.50"), "ForAnyValue", if_exists=True),
            Condition("Bool", "aws:SecureTransport", ("false",)),
        ),
        sid="Pull and push, it says",
    )
    assert second == Statement("Allow", principals=(Principal("AWS", "*"),), actions=("ecr:BatchGetImage",))


def test_versions() -> None:
    """Two versions there are; without one it is the older. A single statement needs no list."""
    for version in ("2008-10-17", "2012-10-17"):
        assert policies.parse(text(GOOD, Version=version), Kind.REPOSITORY).version == version
    bare = policies.parse(json.dumps({"Statement": GOOD}), Kind.REPOSITORY)
    assert bare == Document("2008-10-17", (one(),))
    others: list[Any] = ["2012-10-18", "", None, 2012, ["2012-10-17"], {}]
    for other in others:
        assert why(text(GOOD, Version=other)) == "Version has to be 2008-10-17 or 2012-10-17"


@pytest.mark.parametrize(
    "document",
    ["", " ", "{", "[", "{]", "nope", "'{}'", '{"Statement": [],}', "\ufeff{}", '"\\ud800"', '{"Statement": "\n"}'],
)
def test_broken_json(document: str) -> None:
    """What is not JSON is refused."""
    assert why(document) == "It is not JSON"


@pytest.mark.parametrize("document", ["null", "1", '"x"', "[]", "true"])
def test_other_json(document: str) -> None:
    """JSON that is no object is refused."""
    assert why(document) == "The policy has to be an object"


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_none(constant: str) -> None:
    """Python's reader takes more for numbers than JSON has."""
    assert why(f'{{"Statement": {constant}}}') == f"{constant} is not JSON"


@pytest.mark.parametrize("bomb", ["[" * 10_000, "[" * 5_000 + "]" * 5_000, '{"Statement":' * 780])
def test_depth(bomb: str) -> None:
    """Nesting without end is refused, and quickly."""
    assert why(bomb) in {"It is nested too deeply", "It is not JSON"}


def test_length() -> None:
    """10,240 characters are taken, one more is not; they are counted as characters, not bytes."""
    short = text({**GOOD, "Sid": "é"})
    for document in (short, json.dumps(json.loads(short), ensure_ascii=False)):
        full = document + " " * (10_240 - len(document))
        assert policies.parse(full, Kind.REPOSITORY).statements
        assert why(full + " ") == "It has more than 10240 characters"


def test_duplicate_keys() -> None:
    """A key that stands twice is refused, at every depth and however it is spelt."""
    once = text({**GOOD, "Condition": {"Bool": {"aws:x": "true"}}})
    for place, second in (
        ('"Version"', '"Version": "2012-10-17", '),
        ('"Effect"', '"Effect": "Deny", '),
        ('"Effect"', '"\\u0045ffect": "Deny", '),
        ('"aws:x"', '"aws:x": "false", '),
    ):
        assert policies.parse(once, Kind.REPOSITORY).statements
        assert why(once.replace(place, second + place)) == "An object has the same key twice"
    twice = {"Bool": {"aws:SecureTransport": "true", "aws:securetransport": "false"}}
    assert refused(Condition=twice) == "Statement 1: the condition Bool has 'aws:securetransport' twice"


def test_unknown_elements() -> None:
    """An element that the grammar does not have is refused, also one in other letters."""
    assert why(text(GOOD, Comment="x")) == "The policy has the unknown element 'Comment'"
    assert why(text(GOOD, version="x")) == "The policy has the unknown element 'version'"
    assert refused(effect="Allow") == "Statement 1 has the unknown element 'effect'"
    assert refused(**{"x" * 9_000: 1}) == f"Statement 1 has the unknown element '{'x' * 80}'"
    assert refused(Principal={"aws": "*"}) == "Statement 1: the principal has the unknown element 'aws'"


@pytest.mark.parametrize("statement", [None, [], "x", 1, [1], [[GOOD]], [None]])
def test_no_statements(statement: Any) -> None:
    """A policy has at least one statement, and each is an object."""
    told = why(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    assert told in {"It has no Statement", "Statement 1 has to be an object"}


def test_missing_elements() -> None:
    """A statement says for whom, what, and whether it allows; which one does not is told by its number."""
    assert refused("Effect") == "Statement 1: Effect has to be Allow or Deny"
    assert refused("Principal") == "Statement 1 has no Principal"
    assert refused("Action") == "Statement 1 has no Action"
    assert why(text(GOOD, {})) == "Statement 2: Effect has to be Allow or Deny"


def test_effects() -> None:
    """There are two effects."""
    assert [one(Effect=effect).effect for effect in ("Allow", "Deny")] == ["Allow", "Deny"]
    others: list[Any] = ["allow", "", None, True, ["Allow"], {}]
    for other in others:
        assert refused(Effect=other) == "Statement 1: Effect has to be Allow or Deny"


def test_both_of_a_pair() -> None:
    """An element and its opposite do not go together."""
    assert refused(NotPrincipal="*") == "Statement 1 has both Principal and NotPrincipal"
    assert refused(NotAction="*") == "Statement 1 has both Action and NotAction"
    assert refused(Resource="*", NotResource="*") == "Statement 1 has both Resource and NotResource"
    assert refused("Principal", NotPrincipal="*") == "Statement 1: NotPrincipal is only for Deny"
    for name in ("Principal", "Action", "Resource"):
        assert refused(**{name: None}) == f"Statement 1: {name} is null"


def test_sids() -> None:
    """A Sid is any text in ECR, also with spaces, but no two statements have the same."""
    assert one(Sid="Über alles 1, 2").sid == "Über alles 1, 2"
    assert policies.parse(text({**GOOD, "Sid": ""}, {**GOOD, "Sid": ""}, GOOD), Kind.REPOSITORY).statements
    assert why(text({**GOOD, "Sid": "x"}, {**GOOD, "Sid": "x"})) == "Two statements have the same Sid"
    for sid in (1, None, ["x"], "a\nb"):
        assert refused(Sid=sid) == "Statement 1: Sid has to be text"
    assert why(text(GOOD, Id=7)) == "The policy: Id has to be text"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("AWS", "*"),
        ("AWS", "arn:aws:iam::123456789012:user/me"),
        ("AWS", "arn:aws:iam::123456789012:user/path/to/me+you=1,2.@x-y"),
        ("AWS", "arn:aws-us-gov:iam::123456789012:role/aws-service-role/x.amazonaws.com/y"),
        ("AWS", "arn:aws:sts::123456789012:federated-user/bob"),
        ("Service", "ecr.us-east-1.amazonaws.com"),
        ("Service", "ec2.amazonaws.com.cn"),
        ("Federated", "cognito-identity.amazonaws.com"),
        ("Federated", "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"),
        ("Federated", "arn:aws:iam::123456789012:saml-provider/adfs"),
        ("CanonicalUser", "0" * 64),
    ],
)
def test_principals(kind: str, value: str) -> None:
    """Principals of all four kinds."""
    assert one(Principal={kind: [value]}).principals == (Principal(kind, value),)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("AWS", ""),
        ("AWS", "12345678901"),
        ("AWS", "1234567890123"),
        ("AWS", "١٢٣٤٥٦٧٨٩٠١٢"),
        ("AWS", "arn:aws:iam::123456789012:role/*"),
        ("AWS", "arn:aws:iam::*:root"),
        ("AWS", "arn:aws:iam::123456789012:group/x"),
        ("AWS", "arn:aws:iam::123456789012:role/"),
        ("AWS", "arn:aws:iam::123456789012:root\n"),
        ("AWS", "arn:aws:sts::123456789012:assumed-role/push"),
        ("AWS", "AIDA"),
        ("AWS", "AIDAJQABLZS4A3QDU576Q:run"),
        ("AWS", "AGPAJQABLZS4A3QDU576Q"),
        ("AWS", "aidajqablzs4a3qdu576q"),
        ("Service", "lambda"),
        ("Service", "*"),
        ("Service", "*.amazonaws.com"),
        ("Service", "lambda.amazonaws.com.example.com"),
        ("Federated", "*"),
        ("Federated", "arn:aws:iam::123456789012:role/x"),
        ("CanonicalUser", "0" * 63),
    ],
)
def test_no_principals(kind: str, value: str) -> None:
    """No wildcard in a part, no group, no id of a principal that is gone, and nothing after the end."""
    assert refused(Principal={kind: value}) == f"Statement 1: '{value}' is no principal of the kind {kind}"


@pytest.mark.parametrize("principal", ["me", ROOT, 1, True, [], ["*"], {}, {"AWS": []}, {"AWS": [1]}, {"AWS": {}}])
def test_principals_of_another_form(principal: Any) -> None:
    """Principals stand by their kinds, and somebody has to be named."""
    assert refused(Principal=principal).startswith("Statement 1: the principal")


@pytest.mark.parametrize("action", ["ecr:*", "ecr:Batch*Image", "ecr:?etRegistryPolicy", "*", "ECR:batchgetimage"])
def test_actions(action: str) -> None:
    """Actions of ECR in any letters and with wildcards."""
    assert one(Action=action).actions == (action,)


@pytest.mark.parametrize(
    "action", ["", "ecr", "ecr:", "s3:GetObject", "ecr-public:*", "ecr:Get Image", "ecr:*\n", "**", "*:*", "e*:x"]
)
def test_no_actions(action: str) -> None:
    """Actions of other services, and text that is no action."""
    assert "is no action of ECR" in refused(Action=action)


@pytest.mark.parametrize("action", [[], {}, 1, ["ecr:*", 1], [["ecr:*"]]])
def test_actions_of_another_form(action: Any) -> None:
    """Actions are a text or a list of texts."""
    assert refused(Action=action) == "Statement 1: Action has to be text or a list of texts, and not empty"


def test_resources_of_a_repository() -> None:
    """A repository's policy may name resources, and need not."""
    assert one().resources == ()
    assert one(Resource=["*", REPOSITORY]).resources == ("*", REPOSITORY)
    assert one(NotResource=REPOSITORY).not_resources == (REPOSITORY,)
    for resource in ("", "team/app", "arn:aws:ecr", "arn:aws:ecr:us-east-1:123456789012:repository/a b"):
        assert "is no ARN of repositories" in refused(Resource=resource)


@pytest.mark.parametrize(
    "resource",
    [
        "*",
        "arn:aws:ecr:us-east-1:123456789012:repository/*",
        "arn:aws:ecr:*:*:repository/team/*",
        "arn:*:ecr:us-*:1234567890??:repository/${aws:PrincipalTag/team}/*",
    ],
)
def test_resources_of_a_registry(resource: str) -> None:
    """A registry's policy names repositories by their ARNs, with wildcards."""
    [found] = policies.parse(text({**GOOD, "Resource": resource}), Kind.REGISTRY).statements
    assert found.resources == (resource,)


def test_a_registry_needs_repositories() -> None:
    """A registry's policy has to name resources, and they are repositories."""
    assert why(text(GOOD), Kind.REGISTRY) == "Statement 1 has no Resource"
    for resource in ("arn:aws:s3:::x", "arn:aws:ecr:us-east-1:123456789012:registry/x", "repository/*"):
        assert "is no ARN of repositories" in why(text({**GOOD, "Resource": resource}), Kind.REGISTRY)


@pytest.mark.parametrize(
    "condition",
    [
        1,
        None,
        [],
        {"StringEquals": "x"},
        {"StringEquals": {"aws:x": {}}},
        {"StringEquals": {"aws:x": None}},
        {"StringEquals": {"aws:x": []}},
        {"StringEquals": {"aws:x": [["y"]]}},
        {"StringEquals": {"x": "y"}},
        {"Equals": {"aws:x": "y"}},
        {"IpAddress": {"aws:SourceIp": "home"}},
        {"NumericEquals": {"aws:x": 1e300}},
        {"Bool": {"aws:x": 1}},
    ],
)
def test_no_conditions(condition: Any) -> None:
    """Conditions are operators of keys of values; each is told with the number of its statement."""
    assert refused(Condition=condition).startswith("Statement 1: ")


def test_a_number_of_any_length() -> None:
    """A number that Python would not read is a value that the operator does not take."""
    digits = "9" * 6_000
    assert "takes numbers" in why(text({**GOOD, "Condition": {"NumericEquals": {"aws:x": "N"}}}).replace('"N"', digits))


# --- policies of IAM -------------------------------------------------------------------------------------------


def malformed(kind: Kind, *gone: str, **members: Any) -> str:
    """Why a policy of one statement of IAM is refused."""
    good = {"Effect": "Allow", "Action": "sts:AssumeRole", **({"Principal": "*"} if kind is Kind.TRUST else {})}
    statement = {**good, **({} if kind is Kind.TRUST else {"Resource": "*"}), **members}
    with pytest.raises(MalformedPolicyDocument) as caught:
        policies.parse(text({name: value for name, value in statement.items() if name not in gone}), kind)
    return str(caught.value)


def test_what_iam_says() -> None:
    """Identity and trust policies are refused in IAM's words, where it has any."""
    identity, trust = Kind.IDENTITY, Kind.TRUST
    assert malformed(identity, Principal="*") == "Policy document should not specify a principal."
    assert malformed(identity, "Action") == "Policy statement must contain actions."
    assert malformed(identity, "Resource") == "Policy statement must contain resources."
    vendor = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    assert malformed(identity, Action="GetUser") == vendor
    assert malformed(identity, Resource="team/app") == 'Resource team/app must be in ARN format or "*".'
    assert malformed(identity, Sid="a b").startswith("Statement IDs (SID) must be alpha-numeric.")
    assert malformed(identity, Effect="Maybe") == (
        "Syntax errors in policy. Statement 1: Effect has to be Allow or Deny."
    )
    assert malformed(identity, Condition={"Equals": {"aws:x": "y"}}).startswith("Syntax errors in policy.")
    assert malformed(trust, Resource="*") == "Has prohibited field Resource"
    assert malformed(trust, "Principal") == "Missing required field Principal"
    assert malformed(trust, Action="ecr:*") == "AssumeRole policy may only specify STS AssumeRole actions."
    same = {"Sid": "A", "Effect": "Allow", "Action": "ecr:*", "Resource": "*"}
    with pytest.raises(MalformedPolicyDocument, match=r"Statement IDs \(SID\) in a single policy must be unique\."):
        policies.parse(text(same, same), identity)


@pytest.mark.parametrize(
    "resource",
    [
        *("*", "arn:aws:ecr:*", "arn:aws:s3:::a b", f"{REPOSITORY}*"),
        "arn:aws:iam::123456789012:role/${aws:username}",
        "arn:aws:ecr:*:${aws:PrincipalAccount}:repository/${aws:username, 'no one'}/*",
    ],
)
def test_resources_of_identities(resource: str) -> None:
    """Any service's ARNs, short ones that end with a wildcard, and variables with their defaults."""
    document = text({"Effect": "Allow", "Action": ["s3:Get*", "*"], "Resource": resource})
    assert policies.parse(document, Kind.IDENTITY).statements[0].resources == (resource,)


@pytest.mark.parametrize(
    "resource", ["arn:aws:ecr", "arn:aws:ecr:us-east-1", "arn:aws:ecr:a*b", "x:*", "", "arn:aws:ecr:::"]
)
def test_no_resources_of_identities(resource: str) -> None:
    """What is neither an ARN nor the beginning of one."""
    assert "must be in ARN format" in malformed(Kind.IDENTITY, Resource=resource)


@pytest.mark.parametrize("closed", ["", "x"])
def test_many_variables_take_no_time(closed: str) -> None:
    """A resource of hundreds of variables is read, or refused, at once."""
    text = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:" + "${a}" * 400 + closed},
        }
    )
    began = time.monotonic()
    with contextlib.suppress(PolicyInvalid, MalformedPolicyDocument):
        policies.parse(text, Kind.IDENTITY)
    assert time.monotonic() - began < 5
