"""How a provider's keys are fetched, kept and fetched again."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from tests.issuing import Issuer, issuing

from entrepot.domain.errors import IdentityProviderSilent, IdentityTokenInvalid
from entrepot.domain.oidc_providers import Provider
from entrepot.registry import tokens
from entrepot.registry.federation import ASK_AGAIN, FETCHES, WAITING, Issuers, Vouched
from entrepot.upstream import calls

DISCOVERY = "/.well-known/openid-configuration"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def issuer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    """A provider whose certificate this process trusts."""
    with issuing(tmp_path) as found:
        monkeypatch.setenv("SSL_CERT_FILE", str(found.certificate))
        calls.trust.cache_clear()
        yield found
        calls.trust.cache_clear()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuers(clock: Clock) -> Issuers:
    return Issuers(allow_private=True, timeout=2, keep=3600, clock=clock)


def key(issuers: Issuers, issuer: Issuer, kid: str = "one") -> tokens.Key:
    return issuers.key(issuer.host, tokens.parse(issuer.token(kid)))


def test_asked_once(issuer: Issuer, issuers: Issuers, clock: Clock) -> None:
    """The keys are kept, for as long as they are to be."""
    for _ in range(3):
        assert key(issuers, issuer).kid == "one"
    assert issuer.asked == [DISCOVERY, "/keys"]
    clock.now += 3601
    key(issuers, issuer)
    assert len(issuer.asked) == 4


def test_rotation(issuer: Issuer, issuers: Issuers, clock: Clock) -> None:
    """A new key is found when the first token names it; one that is withdrawn is good until the keys are read again."""
    key(issuers, issuer)
    issuer.keys.clear()
    issuer.add_key("two")
    clock.now += ASK_AGAIN
    assert key(issuers, issuer, "two").kid == "two"
    with pytest.raises(IdentityTokenInvalid):
        key(issuers, issuer, "one")


def test_a_provider_that_fails(issuer: Issuer, issuers: Issuers, clock: Clock) -> None:
    """Keys that are known go on; without any it is asked again only after a while."""
    issuer.fails = True
    for _ in range(3):
        with pytest.raises(IdentityProviderSilent):
            key(issuers, issuer)
    assert issuer.asked == [DISCOVERY]
    issuer.fails = False
    with pytest.raises(IdentityProviderSilent):
        key(issuers, issuer)
    clock.now += ASK_AGAIN
    key(issuers, issuer)
    issuer.fails = True
    issuer.add_key("two")
    clock.now += ASK_AGAIN
    with pytest.raises(IdentityProviderSilent):
        key(issuers, issuer, "two")
    assert key(issuers, issuer).kid == "one"


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://elsewhere.example", "jwks_uri": "URL/keys"},
        {"jwks_uri": "URL/keys"},
        {"issuer": "URL"},
        {"issuer": "URL", "jwks_uri": "http://localhost/keys"},
        {"issuer": "URL", "jwks_uri": "file:///etc/passwd"},
        {"issuer": "URL", "jwks_uri": "URL/missing"},
        {"issuer": "URL", "jwks_uri": ["URL/keys"]},
    ],
)
def test_a_discovery_document_that_is_wrong(issuer: Issuer, issuers: Issuers, document: dict[str, object]) -> None:
    """It has to be the issuer's own, and to name keys that are fetched over HTTPS."""
    issuer.document = {
        name: value.replace("URL", issuer.url) if isinstance(value, str) else value for name, value in document.items()
    }
    with pytest.raises(IdentityProviderSilent):
        key(issuers, issuer)


def test_addresses_inside(issuer: Issuer, clock: Clock) -> None:
    """A provider at an address inside the network is not asked, unless that is allowed."""
    with pytest.raises(IdentityProviderSilent) as caught:
        key(Issuers(clock=clock), issuer)
    assert "inside the network" in caught.value.detail
    assert "inside the network" not in str(caught.value)
    assert issuer.asked == []


def test_a_certificate_that_is_not_trusted(
    issuer: Issuer, issuers: Issuers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider has to prove that it is the host of its URL."""
    monkeypatch.delenv("SSL_CERT_FILE")
    calls.trust.cache_clear()
    with pytest.raises(IdentityProviderSilent):
        key(issuers, issuer)
    assert issuer.asked == []


def test_waiting_is_bounded(issuer: Issuer, clock: Clock) -> None:
    """Whoever finds the provider being asked, or too many asking, waits for a moment and then is told so."""
    issuers = Issuers(allow_private=True, timeout=0.1, clock=clock)
    with issuers._turn(issuer.host), pytest.raises(IdentityProviderSilent):
        key(issuers, issuer)
    with ExitStack() as held:
        for _ in range(FETCHES):
            held.enter_context(issuers._fetches)
        with pytest.raises(IdentityProviderSilent):
            key(issuers, issuer)
    with ExitStack() as held:
        for _ in range(FETCHES + WAITING):
            held.enter_context(issuers._room)
        with pytest.raises(IdentityProviderSilent):
            key(issuers, issuer)
    assert issuer.asked == []
    assert key(Issuers(allow_private=True, clock=clock), issuer).kid == "one"


def test_many_at_once(issuer: Issuer, clock: Clock) -> None:
    """Of many threads one asks; those that wait get what it was told, the others a refusal; none is held for ever."""
    issuer.waits = 0.2
    issuers = Issuers(allow_private=True, timeout=5, clock=clock)

    def attempt(_: int) -> bool:
        try:
            return key(issuers, issuer).kid == "one"
        except IdentityProviderSilent:
            return False

    with ThreadPoolExecutor(40) as pool:
        found = list(pool.map(attempt, range(40)))
    assert issuer.asked == [DISCOVERY, "/keys"]
    assert 1 <= sum(found) <= FETCHES + WAITING
    assert key(issuers, issuer).kid == "one"


@pytest.mark.parametrize("host", ["aws", "sts", "ecr", "iam", "saml"])
def test_no_claim_is_a_key_of_aws(host: str) -> None:
    """However such a provider came to be stored, its claims are not what AWS itself says of a request."""
    claims = {"sub": "me", "aud": "x", "PrincipalTag/team": "a", "MultiFactorAuthPresent": "true", "ExternalId": "1"}
    token = tokens.Token("one", "RS256", claims, b"", b"")
    provider = Provider(f"arn:aws:iam::123456789012:oidc-provider/{host}", "123456789012", host, ("x",), (), 0)
    assert dict(Vouched(provider, token, "x").facts) == {"aws:federatedprovider": (provider.arn,)}
    named = Vouched(replace(provider, url=f"{host}.example"), token, "x").facts
    assert {key.partition(":")[0] for key in named} == {f"{host}.example", "aws"}


def test_a_slow_provider(issuer: Issuer, clock: Clock) -> None:
    """It has so long to answer and no longer."""
    issuer.waits = 1.0
    with pytest.raises(IdentityProviderSilent):
        key(Issuers(allow_private=True, timeout=0.2, clock=clock), issuer)
