"""The condition keys that policies name, and those that requests here can have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from entrepot.domain.oidc_providers import reads_as_service
from entrepot.domain.patterns import read, variables
from entrepot.domain.policies import Document

# As AWS spells them; a `/` at the end stands for any key that begins so.
_HERE: Final = (
    *("aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalType", "aws:PrincipalTag/", "aws:userid"),
    *("aws:username", "aws:PrincipalIsAWSService", "aws:TokenIssueTime", "aws:MultiFactorAuthPresent"),
    *("aws:MultiFactorAuthAge", "aws:SourceIp", "aws:SourceVpce", "aws:VpcSourceIp", "aws:SecureTransport"),
    *("aws:UserAgent", "aws:CurrentTime", "aws:EpochTime", "aws:RequestedRegion", "aws:ResourceAccount"),
    *("aws:ResourceTag/", "aws:RequestTag/", "aws:TagKeys", "aws:ViaAWSService", "aws:FederatedProvider"),
    *("aws:SourceIdentity", "ecr:ResourceTag/", "ecr:AccountSetting", "iam:PolicyARN", "iam:PermissionsBoundary"),
    *("iam:AWSServiceName", "iam:ResourceTag/", "sts:ExternalId", "sts:RoleSessionName", "sts:SourceIdentity"),
    "sts:TransitiveTagKeys",
)
_ABSENT: Final = (
    *("aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:PrincipalServiceName", "aws:PrincipalServiceNamesList"),
    *("aws:ResourceOrgID", "aws:ResourceOrgPaths", "aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID"),
    *("aws:SourceOrgPaths", "aws:SourceVpc", "aws:SourceVpcArn", "aws:CalledVia", "aws:CalledViaFirst"),
    *("aws:CalledViaLast", "aws:VpceAccount", "aws:VpceOrgID", "aws:VpceOrgPaths", "aws:Ec2InstanceSourceVpc"),
    *("aws:Ec2InstanceSourcePrivateIPv4", "aws:AssumedRoot", "aws:ChatbotSourceArn", "iam:PassedToService"),
    *("iam:AssociatedResourceArn", "iam:OrganizationsPolicyId", "sts:AWSServiceName", "aws:referer"),
)
"""Keys about what is not here, as organisations and VPCs: they never have a value."""

_SPELLED: Final = {key.lower(): key for key in (*_HERE, *_ABSENT)}
KNOWN: Final = frozenset(key.lower() for key in _HERE)
"""What requests here can have, in lower case."""

# A claim of an OpenID Connect provider: a host, perhaps with a port and a path, and the claim's name.
_CLAIM = re.compile(r"([a-z0-9-]+(?:\.[a-z0-9-]+)*(?::[0-9]{1,5})?(?:/[^:]+)?):[^:/].*")


def of(documents: Iterable[Document]) -> tuple[str, ...]:
    """The keys that conditions and variables of policies name, each once, as the first place has it."""
    found: dict[str, str] = {}
    for document in documents:
        for key in _keys(document):
            found.setdefault(key.lower(), key)
    return tuple(found.values())


def _keys(document: Document) -> Iterator[str]:
    texts: list[str] = []
    for statement in document.statements:
        texts += [*statement.resources, *statement.not_resources]
        for condition in statement.conditions:
            yield condition.key
            texts += condition.values if condition.operator.startswith(("String", "Arn")) else ()
    if document.version == "2012-10-17":
        for text in texts:
            yield from sorted(variables(read(text, variables=True, wildcards=False)))


def known(key: str) -> bool:
    """Whether requests here can have a key; a claim of an OIDC provider, as `issuer.example:sub`, is one."""
    lower = key.lower()
    prefix, slash, _ = lower.partition("/")
    claim = _CLAIM.fullmatch(lower)
    return lower in KNOWN or f"{prefix}{slash}" in KNOWN or (claim is not None and not reads_as_service(claim[1]))


def spelled(key: str) -> str:
    """A key as AWS writes it; one that AWS has not, as it is."""
    prefix, slash, rest = key.partition("/")
    whole = _SPELLED.get(key.lower())
    if whole is not None:
        return whole
    return _SPELLED[f"{prefix.lower()}/"] + rest if slash and f"{prefix.lower()}/" in _SPELLED else key
