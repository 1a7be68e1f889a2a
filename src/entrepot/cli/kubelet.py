"""`entrepot kubelet-credential-provider`: the kubelet's exec protocol, so that nodes pull without stored passwords.

(Kubernetes, "Configure a kubelet image credential provider", `credentialprovider.kubelet.k8s.io/v1`.)
"""

import json
import sys
import time
from collections.abc import Mapping
from typing import Any

from entrepot.cli import calls

API = "credentialprovider.kubelet.k8s.io/v1"
ROLE = "eks.amazonaws.com/role-arn"
"""The annotation of a service account that names the role for its token, as on EKS."""

EARLY = 15 * 60  # seconds before its end that a login is not kept any longer
_LIMIT = 1024 * 1024


def run(given: str, environ: Mapping[str, str]) -> int:
    """Answer one CredentialProviderRequest; return 0, or 1 with the reason on standard error for the kubelet's log."""
    try:
        answer = _answer(_request(given), environ)
    except (calls.Refused, ValueError) as error:
        sys.stderr.write(f"entrepot: {error}\n")
        return 1
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


def _request(given: str) -> dict[str, Any]:
    try:
        found = json.loads(given) if len(given) <= _LIMIT else None
    except (ValueError, RecursionError):
        found = None
    if (
        not isinstance(found, dict)
        or found.get("kind") != "CredentialProviderRequest"
        or found.get("apiVersion") != API
    ):
        raise ValueError(
            f"standard input has to be a CredentialProviderRequest of {API}, in JSON, as the kubelet writes it"
        )
    return found


def _answer(request: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    host = str(request.get("image", "")).partition("/")[0]
    if not host:
        raise ValueError("the request names no image")
    login = calls.login(host, environ, _signer(request, environ))
    seconds = max(0, int(login.expires - time.time()) - EARLY)
    return {
        "kind": "CredentialProviderResponse",
        "apiVersion": API,
        "cacheKeyType": "Registry",
        "cacheDuration": f"{seconds}s",
        "auth": {host: {"username": login.username, "password": login.password}},
    }


def _signer(request: Mapping[str, Any], environ: Mapping[str, str]) -> calls.Signer | None:
    """The pod's own role, where the kubelet sends its service account's token; else the node's credentials."""
    token = request.get("serviceAccountToken")
    role = (request.get("serviceAccountAnnotations") or {}).get(ROLE) or environ.get("AWS_ROLE_ARN")
    if not isinstance(token, str) or not token:
        return None
    if not role:
        raise ValueError(f"the service account has no annotation {ROLE}, and AWS_ROLE_ARN is not set")
    return calls.web_identity(environ, str(role), token)
