"""The condition keys that a call's own parameters are: tags, account settings, what STS and IAM are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from entrepot.domain.principals import NO_FACTS, Facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# By parameter, its condition key. (Service authorization reference: ECR, IAM, STS.) The boundary that somebody has
# already, which is the key of other calls, is found where it is asked for.
_TEXTS: Final = {
    "ExternalId": "sts:externalid",
    "RoleSessionName": "sts:rolesessionname",
    "PolicyArn": "iam:policyarn",
    "PermissionsBoundary": "iam:permissionsboundary",
    "AWSServiceName": "iam:awsservicename",
}
_SETTING: Final = {"BASIC_SCAN_TYPE_VERSION", "REGISTRY_POLICY_SCOPE", "BLOB_MOUNTING"}


def of(params: Mapping[str, Any]) -> Facts:
    """The keys of a call, in lower case, with their values."""
    found = dict(_of(params))
    return found or NO_FACTS


def _of(params: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, key in _TEXTS.items():
        if isinstance(params.get(name), str):
            yield key, (params[name],)
    if params.get("name") in _SETTING:
        yield "ecr:accountsetting", (params["name"],)
    tags = {tag["Key"]: tag.get("Value", "") for tag in params.get("tags") or params.get("Tags") or ()}
    for folded in {key.lower() for key in tags}:  # of keys that differ in case alone, all values count
        yield f"aws:requesttag/{folded}", tuple(value for key, value in tags.items() if key.lower() == folded)
    names = params.get("tagKeys") or params.get("TagKeys") or tuple(tags)
    if names:
        yield "aws:tagkeys", tuple(names)
