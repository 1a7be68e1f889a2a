"""Which template a repository is made from, and what a template may hold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.domain import templates
from entrepot.domain.errors import CreationFailed, InvalidParameter
from entrepot.domain.templates import ROOT, Template

PARTS = st.lists(st.from_regex(r"[a-z0-9]+([._-][a-z0-9]+)?", fullmatch=True), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("name", "prefixes"),
    [
        ("prod", [ROOT]),
        ("prod/app", ["prod", ROOT]),
        ("prod/team/app", ["prod/team", "prod", ROOT]),
        ("prod2/app", ["prod2", ROOT]),
    ],
)
def test_prefixes(name: str, prefixes: list[str]) -> None:
    """A prefix ends where a slash stands; the longest comes first, ROOT last, and the name itself is none."""
    assert templates.prefixes_of(name) == prefixes


@settings(deadline=None, database=None, derandomize=True)
@given(PARTS, PARTS)
def test_a_prefix_matches_as_with_its_slash(prefix: list[str], name: list[str]) -> None:
    """The prefixes of a name are those whose text with a slash begins it."""
    bare, slashed = templates.spellings("/".join(prefix))
    assert (bare in templates.prefixes_of("/".join(name))) == "/".join(name).startswith(slashed)


@pytest.mark.parametrize("prefix", ["prod/team", "prod/team/"])
def test_a_slash_at_the_end_changes_nothing(prefix: str) -> None:
    """Both spellings are found from either."""
    assert templates.spellings(prefix) == ("prod/team", "prod/team/")


def test_applications() -> None:
    """What a template is applied for is a set that keeps its order."""
    wanted = ["CREATE_ON_PUSH", "REPLICATION", "CREATE_ON_PUSH"]
    assert templates.applications(wanted) == ("CREATE_ON_PUSH", "REPLICATION")
    assert templates.applications([]) == ()


@pytest.mark.parametrize(("type_", "key"), [("KMS", ""), ("KMS_DSSE", ""), ("AES256", "a key")])
def test_encryption(type_: str, key: str) -> None:
    """Only AES256 without a key can be carried out."""
    assert templates.encryption("AES256", "") == "AES256"
    with pytest.raises(InvalidParameter) as caught:
        templates.encryption(type_, key)
    assert caught.value.member == "encryptionConfiguration"


def test_tags_need_a_role() -> None:
    """A repository is not made from a template with resource tags and without a role."""
    templates.check_usable(Template("prod", ()), "prod/app")
    templates.check_usable(Template("prod", (), tags={"k": "v"}, custom_role_arn="arn"), "prod/app")
    with pytest.raises(CreationFailed) as caught:
        templates.check_usable(Template("prod", (), tags={"k": "v"}), "prod/app")
    assert (caught.value.name, caught.value.prefix) == ("prod/app", "prod")
