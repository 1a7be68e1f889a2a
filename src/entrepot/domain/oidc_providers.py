"""OpenID Connect providers: what an account trusts to say who somebody is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from entrepot.domain.errors import InvalidInput, LimitExceeded, ValidationFailed

# IAM user guide, "IAM and AWS STS quotas".
PROVIDERS_PER_ACCOUNT = 100
CLIENT_IDS = 100
THUMBPRINTS = 5

_ARN = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/\S+")
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?")
_WORD = re.compile(r"[a-z0-9-]+", re.IGNORECASE)
_PATH = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*")
_THUMBPRINT = re.compile(r"[0-9a-fA-F]{40}")


@dataclass(frozen=True, slots=True)
class Provider:
    """`url` is the issuer without `https://`, as in the ARN; `created_at` is in microseconds UTC."""

    arn: str
    account: str
    url: str
    client_ids: tuple[str, ...]
    thumbprints: tuple[str, ...]
    created_at: int


def parse_url(text: str) -> str:
    """The issuer in `text` without `https://`. Raises ValidationFailed for what can be no issuer."""
    try:
        url = urlsplit(text)
    except ValueError:
        url = urlsplit("")
    path = url.path.rstrip("/")
    plain = url.scheme == "https" and not url.query and not url.fragment and "?" not in text and "#" not in text
    issuer = url.netloc + path
    if not plain or not _HOST.fullmatch(url.netloc) or not _PATH.fullmatch(path) or reads_as_service(issuer):
        raise ValidationFailed("Invalid Open ID Connect Provider URL")
    return issuer


def reads_as_service(issuer: str) -> bool:
    """Whether the claims of an issuer would be condition keys of a service, as `aws:sub` of `https://aws`.

    Any bare word is one: which services there will be is not known. A dot, a port or a path tells a host from them.
    """
    return _WORD.fullmatch(issuer) is not None


def arn(account: str, url: str) -> str:
    return f"arn:aws:iam::{account}:oidc-provider/{url}"


def check_arn(text: str) -> str:
    """The ARN of a provider, whether there is one or not. Raises InvalidInput for another text."""
    if _ARN.fullmatch(text) is None:
        raise InvalidInput(f"ARN {text[:200]} is not valid.")
    return text


def check_thumbprints(thumbprints: Sequence[str], least: int = 0) -> tuple[str, ...]:
    """`least` to five fingerprints of certificates, in lower case. Raises InvalidInput."""
    if len(thumbprints) > THUMBPRINTS:
        raise InvalidInput("Thumbprint list must contain fewer than 5 entries.")
    if len(thumbprints) < least or not all(_THUMBPRINT.fullmatch(each) for each in thumbprints):
        raise InvalidInput("Thumbprint list must contain SHA-1 fingerprints of 40 hexadecimal digits.")
    return tuple(dict.fromkeys(each.lower() for each in thumbprints))


def check_client_ids(client_ids: Sequence[str]) -> tuple[str, ...]:
    """Client ids, each once, in the order given. Raises LimitExceeded above 100."""
    found = tuple(dict.fromkeys(client_ids))
    if len(found) > CLIENT_IDS:
        raise LimitExceeded(f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {CLIENT_IDS}")
    return found
