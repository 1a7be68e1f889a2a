"""What an action can be done to, for `entrepot access explain`: what to write as its resource."""

from __future__ import annotations

import re
from typing import Final

from entrepot.aws import dispatch
from entrepot.aws.operation import ANY, NO_PERMISSION, OPERATIONS, Told
from entrepot.config import ConfigError

SERVED = dispatch.SERVED  # importing these filled OPERATIONS
_ARN = re.compile(r"arn:[^:\s]+:([^:\s]+):[^:\s]*:[^:\s]*:(\S+)")
MORE: Final = {
    "ecr:BatchImportUpstreamImage": "repository",
    "ecr:GetImageCopyStatus": "repository",
    "ecr:ReplicateImage": "repository",
    "iam:PassRole": "role",
    "sts:SetSourceIdentity": "role",
    "sts:TagSession": "role",
}
"""Actions that are no operations, and the kind of what they are done to. (Service authorization reference.)"""

_ASSUMING: Final = ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity")
_FORMS: Final = {
    "ecr": "arn:aws:ecr:REGION:ACCOUNT:{}/NAME",
    "ecr-public": "arn:aws:ecr-public::ACCOUNT:{}/NAME",
    "iam": "arn:aws:iam::ACCOUNT:{}/NAME",
}


def check(action: str, resource: str) -> None:
    """Refuse a resource that the action is never done to. Raises ConfigError with what to write instead."""
    kinds = _kinds(action)
    if kinds is None:
        raise ConfigError(f"{action} takes no permission: whoever has credentials may call it")
    if not kinds and resource != ANY:
        raise ConfigError(f"{action} is done to no single thing: write --resource '*'")
    if resource == ANY:
        return
    service = "iam" if action.startswith("sts:") else action.partition(":")[0]
    form = _FORMS.get(service, _FORMS["iam"])
    wanted = " or ".join(form.format(kind) for kind in kinds if kind != "root")
    wanted += "" if action.startswith("sts:") else ", or * for no single thing"
    found = _ARN.fullmatch(resource)
    if found is None:
        raise ConfigError(f"{resource} is no ARN: write {wanted}")
    if found[1] != service or found[2].partition("/")[0] not in kinds:
        raise ConfigError(f"{action} is not done to {resource}: write {wanted}")


def _kinds(action: str) -> tuple[str, ...] | None:
    """How an ARN goes on that the action is done to; empty where that is `*` alone, None where nothing is asked."""
    if action in MORE or action in _ASSUMING:
        return (MORE.get(action, "role"),)
    service, _, name = action.partition(":")
    operation = OPERATIONS.get((service, name))
    if operation is None:  # not served here
        return _UNSERVED.get(service, ())
    if isinstance(operation.resource, Told):
        return operation.resource.kinds
    return None if operation.resource == NO_PERMISSION else ()


_UNSERVED: Final = {
    "ecr": ("repository",),
    "ecr-public": ("repository", "registry"),
    "iam": ("user", "group", "role", "policy", "instance-profile", "oidc-provider", "saml-provider", "mfa", "root"),
    "sts": ("role", "user"),
}
