"""What an OpenID Connect provider may look like."""

from __future__ import annotations

import pytest

from entrepot.domain import oidc_providers as rules
from entrepot.domain.errors import InvalidInput, LimitExceeded, ValidationFailed


@pytest.mark.parametrize(
    ("url", "issuer"),
    [
        ("https://token.actions.githubusercontent.com", "token.actions.githubusercontent.com"),
        ("https://oidc.eks.us-east-1.amazonaws.com/id/ABC", "oidc.eks.us-east-1.amazonaws.com/id/ABC"),
        ("https://gitlab.example:8443/", "gitlab.example:8443"),
        ("https://127.0.0.1:8443/a%20b/~c", "127.0.0.1:8443/a%20b/~c"),
    ],
)
def test_urls(url: str, issuer: str) -> None:
    """An issuer stands without its scheme, also in the ARN."""
    assert rules.parse_url(url) == issuer
    arn = rules.arn("123456789012", issuer)
    assert arn == f"arn:aws:iam::123456789012:oidc-provider/{issuer}"
    assert rules.check_arn(arn) == arn


@pytest.mark.parametrize("word", ["aws", "sts", "ecr", "iam", "saml", "s3", "localhost", "x-1"])
def test_bare_words(word: str) -> None:
    """A host that would read as a service's name is none; with a dot, a port or a path it cannot be taken for one."""
    for url in (f"https://{word}", f"https://{word}/"):
        with pytest.raises(ValidationFailed, match="Invalid Open ID Connect Provider URL"):
            rules.parse_url(url)
    assert rules.reads_as_service(word)
    for issuer in (f"{word}.example", f"{word}:443", f"{word}/realm"):
        assert rules.parse_url(f"https://{issuer}") == issuer


@pytest.mark.parametrize(
    "url",
    [
        *("", "https://", "http://a.example", "a.example", "https://a.example?", "https://a.example#", "https:///x"),
        *("https://u:p@a.example", "https://a.example/x?y=1", "https://a..example", "https://[::1", "https://a b"),
        *("https://a.example/a//b", "https://a.example/ü", "ftp://a.example", "https://a.example:port"),
    ],
)
def test_no_urls(url: str) -> None:
    """What has another scheme, a query, a fragment or a user is no issuer."""
    with pytest.raises(ValidationFailed, match="Invalid Open ID Connect Provider URL"):
        rules.parse_url(url)


def test_thumbprints() -> None:
    """Up to five fingerprints, each once, in lower case."""
    assert rules.check_thumbprints([]) == ()
    assert rules.check_thumbprints(["AB" * 20, "ab" * 20]) == ("ab" * 20,)
    for wrong in (["x" * 40], ["ab" * 19], [f"{number:040x}" for number in range(6)]):
        with pytest.raises(InvalidInput):
            rules.check_thumbprints(wrong)
    with pytest.raises(InvalidInput):
        rules.check_thumbprints([], least=1)


def test_client_ids() -> None:
    """Up to a hundred, each once, in their order."""
    assert rules.check_client_ids(["b", "a", "b"]) == ("b", "a")
    assert len(rules.check_client_ids(list(map(str, range(100))))) == 100
    with pytest.raises(LimitExceeded):
        rules.check_client_ids(list(map(str, range(101))))


@pytest.mark.parametrize("text", ["", "x", "arn:aws:iam::1:oidc-provider/x", "arn:aws:iam::123456789012:role/x"])
def test_no_arns(text: str) -> None:
    """ARNs of anything else are refused."""
    with pytest.raises(InvalidInput):
        rules.check_arn(text)
