"""The condition keys that policies name, and those that requests here can have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from entrepot.domain.patterns import read, variables
from entrepot.domain.policies import Document

# Keys in lower case; a `/` at the end stands for any key that begins so.
KNOWN: Final = frozenset(
    {
        *("aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:principaltag/", "aws:userid"),
        *("aws:username", "aws:principalisawsservice", "aws:tokenissuetime", "aws:multifactorauthpresent"),
        *(
            "aws:multifactorauthage",
            "aws:sourceip",
            "aws:sourcevpce",
            "aws:vpcsourceip",
            "aws:securetransport",
            "aws:useragent",
        ),
        *("aws:currenttime", "aws:epochtime", "aws:requestedregion", "aws:resourceaccount", "aws:resourcetag/"),
        *("aws:requesttag/", "aws:tagkeys", "aws:viaawsservice", "aws:federatedprovider", "ecr:resourcetag/"),
        *("ecr:accountsetting", "iam:policyarn", "iam:permissionsboundary", "iam:resourcetag/", "sts:externalid"),
        *("sts:rolesessionname",),
    }
)
"""The rest of AWS's keys are about what is not here, as organisations and VPCs, and never have a value."""


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
    return lower in KNOWN or f"{prefix}{slash}" in KNOWN or "." in prefix.partition(":")[0]
