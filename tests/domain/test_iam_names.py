"""Names of IAM: ARNs, ids, tags."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain import iam_names as names
from entrepot.domain.errors import InvalidInput, LimitExceeded

ACCOUNTS = st.integers(0, 999_999_999_999).map(lambda number: f"{number:012}")
NAMES = st.text("abcXYZ019+=,.@_-", min_size=1, max_size=64)
PATHS = st.one_of(st.just("/"), st.text("abcXYZ!~/", min_size=1, max_size=20).map(lambda text: f"/{text}/"))


@given(ACCOUNTS, st.sampled_from([names.USER, names.GROUP, names.ROLE, names.PROFILE, names.POLICY]), PATHS, NAMES)
def test_arns(account: str, kind: str, path: str, name: str) -> None:
    """What an ARN is made of is read from it again."""
    assert names.parse_arn(names.arn(account, kind, path, name)) == (account, kind, path, name)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::aws:policy/AdministratorAccess",
        "arn:aws:iam::123456789012:user",
        "arn:aws:iam::123456789012:user/",
        "arn:aws:iam::123456789012:user/path/",
        "arn:aws:sts::123456789012:user/name",
        "arn:aws:iam::123456789012:instance/name",
        "arn:aws:iam::123456789012:user/name\n",
    ],
)
def test_no_arns(text: str) -> None:
    """Anything else is none."""
    assert names.parse_arn(text) is None


def test_unique_ids() -> None:
    """An id says what it is of and has 21 characters of base 32."""
    assert names.unique_id(names.USER, b"\0" * 11) == "AIDA" + "A" * 17
    assert names.unique_id(names.ROLE, b"\xff" * 11) == "AROA" + "7" * 17
    prefixes = {names.unique_id(kind, b"\1" * 11)[:4] for kind in ("user", "group", "role", "profile", "policy")}
    assert prefixes == {"AIDA", "AGPA", "AROA", "AIPA", "ANPA"}


@given(ACCOUNTS, st.binary(min_size=5, max_size=5))
def test_access_key_ids(account: str, random: bytes) -> None:
    """An access key id has 20 characters and holds the account where AWS has it."""
    key = names.access_key_id(account, random)
    assert key.startswith("AKIA")
    assert len(key) == 20
    assert names.account_of_key(key) == account


def test_an_account_in_a_published_key() -> None:
    """The account stands where others read it (a key that circulates with its account)."""
    assert names.account_of_key("ASIAY34FZKBOKMUTVV7A") == "609629065308"


@pytest.mark.parametrize("key", ["", "AKIA", "AKIA" + "a" * 16, "AKIA" + "1" * 16, "AKIA" + "A" * 17])
def test_keys_without_account(key: str) -> None:
    """Texts that are no access key ids hold none."""
    assert names.account_of_key(key) is None


@pytest.mark.parametrize(
    ("kind", "missing", "taken"),
    [
        ("user", "The user with name x cannot be found.", "User with name x already exists."),
        ("group", "The group with name x cannot be found.", "Group with name x already exists."),
        ("role", "The role with name x cannot be found.", "Role with name x already exists."),
        ("profile", "Instance Profile x cannot be found.", "Instance Profile x already exists."),
    ],
)
def test_refusals(kind: str, missing: str, taken: str) -> None:
    """What is not there and what is there already, in AWS's words."""
    assert str(names.missing(kind, "x")) == missing
    assert str(names.taken(kind, "x")) == taken


def test_tags() -> None:
    """Tags keep their order; a key that differs in case is the same key."""
    assert list(names.tag_map([("b", "1"), ("A", "")]).items()) == [("b", "1"), ("A", "")]
    assert names.merged({"Team": "a", "x": "1"}, {"team": "b"}) == {"x": "1", "team": "b"}


@pytest.mark.parametrize("tags", [[("a", "1"), ("A", "1")], [("aws:x", "1")], [("AWS:x", "1")]])
def test_tags_refused(tags: list[tuple[str, str]]) -> None:
    """No key twice, and none that is AWS's."""
    with pytest.raises(InvalidInput):
        names.tag_map(tags)


def test_too_many_tags() -> None:
    """50 tags and not one more, replaced ones not counted."""
    tags = {f"k{number}": "" for number in range(50)}
    assert names.merged(tags, {"K0": "new"})["K0"] == "new"
    with pytest.raises(LimitExceeded, match="The number of tags has reached the maximum limit"):
        names.merged(tags, {"one more": ""})
