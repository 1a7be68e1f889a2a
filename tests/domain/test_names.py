"""Names, tags, digests, ARNs and the wildcard: what is one and what is none."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain import digests, names, wildcard
from entrepot.domain.errors import DigestInvalid, InvalidParameter, NameInvalid, TagInvalid

SEGMENT = st.from_regex(r"[a-z0-9]{1,5}((\.|_|__|-{1,3})[a-z0-9]{1,5}){0,3}", fullmatch=True)


@given(st.lists(SEGMENT, min_size=1, max_size=5).map("/".join).filter(lambda name: len(name) >= 2))
def test_repository_names(name: str) -> None:
    """Segments of letters, digits and single separators, joined by slashes, are names."""
    assert names.parse_repository(name) == name


BAD_NAMES = (
    """a|A/b|../x|a/../b|a//b|/a|a/|a.|.a|a..b|a___b|a b|a%2fb|%2e%2e|_uploads|-ab|ab-|é/a|a\0b|ab\n|a/B|a:b|a@b|a\\b"""
)


@pytest.mark.parametrize("name", ["", *BAD_NAMES.split("|"), "a" * 257, "a/" * 200 + "a", "a" + "_" * 300])
def test_bad_repository_names(name: str) -> None:
    """Anything else is refused, in the words that ECR has for it."""
    with pytest.raises(NameInvalid, match="Invalid parameter at 'repositoryName' failed to satisfy constraint"):
        names.parse_repository(name)


@pytest.mark.parametrize("length", [2, 256])
def test_name_lengths(length: int) -> None:
    """Two characters are enough and 256 are allowed."""
    assert len(names.parse_repository("a" * length)) == length


@pytest.mark.parametrize("tag", ["a", "_", "A.b-c_d", "1.2.3", "x" * 128])
def test_tags(tag: str) -> None:
    """Tags are OCI's."""
    assert names.parse_tag(tag) == tag


@pytest.mark.parametrize(
    "tag", ["", ".a", "-a", "a b", "a:b", "a/b", "a+b", "é", "a\n", "x" * 129, "sha256:" + "a" * 64]
)
def test_bad_tags(tag: str) -> None:
    """Anything else is no tag."""
    with pytest.raises(TagInvalid):
        names.parse_tag(tag)


@given(st.binary(), st.sampled_from(["sha256", "sha512"]))
def test_digests(data: bytes, algorithm: str) -> None:
    """The digest of any bytes is a digest, of its algorithm."""
    digest = digests.of(data, algorithm)
    assert digests.parse(digest) == digest
    assert digests.algorithm_of(digest) == algorithm


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "sha256",
        "sha256:",
        "sha256:" + "a" * 63,
        "sha256:" + "a" * 65,
        "sha256:" + "A" * 64,
        "sha256:" + "g" * 64,
        "sha512:" + "a" * 64,
        "md5:" + "a" * 32,
        "SHA256:" + "a" * 64,
        "sha256:" + "a" * 64 + "\n",
        "sha256:../" + "a" * 61,
        "sha256:" + "\u0661" * 64,
    ],
)
def test_bad_digests(text: str) -> None:
    """Another algorithm, length, case or alphabet is no digest."""
    with pytest.raises(DigestInvalid):
        digests.parse(text)


def test_arns() -> None:
    """An ARN says region, account and name."""
    arn = names.repository_arn("eu-west-1", "123456789012", "team/app")
    assert arn == "arn:aws:ecr:eu-west-1:123456789012:repository/team/app"
    assert names.parse_repository_arn(arn) == names.RepositoryArn("eu-west-1", "123456789012", "team/app")


@given(st.text())
def test_text_is_no_arn(text: str) -> None:
    """No other text is one."""
    with pytest.raises(InvalidParameter):
        names.parse_repository_arn(text)


def by_expression(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


@given(st.text(alphabet="ab*", max_size=8), st.text(alphabet="ab*", max_size=10))
def test_wildcard(pattern: str, text: str) -> None:
    """`*` stands for any characters, and the whole text has to match."""
    assert wildcard.matches(pattern, text) == by_expression(pattern, text)


def test_wildcard_takes_no_time() -> None:
    """A pattern of many stars against a long text is answered at once; an expression would not return."""
    assert not wildcard.matches("*a" * 64 + "b", "a" * 100_000)
