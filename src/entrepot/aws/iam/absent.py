"""What no user has here: console passwords, MFA devices, SSH keys, certificates, credentials of single services.

Tools look for these before they delete a user, so they are answered: empty lists, nothing to delete.
"""

from __future__ import annotations

from typing import Any, NoReturn

from entrepot.aws.iam import users
from entrepot.aws.operation import ANY, Call, operation
from entrepot.aws.types import iam as t
from entrepot.domain.errors import NoSuchEntity
from entrepot.domain.iam_names import USER
from entrepot.registry import identities


@operation("iam", "GetLoginProfile", resource=users.or_caller)
def get_login_profile(call: Call, req: t.GetLoginProfileRequest) -> NoReturn:
    _no_password(call, req)


@operation("iam", "DeleteLoginProfile", resource=users.or_caller)
def delete_login_profile(call: Call, req: t.DeleteLoginProfileRequest) -> NoReturn:
    _no_password(call, req)


@operation("iam", "ListMFADevices", resource=users.or_caller)
def list_mfa_devices(call: Call, req: t.ListMFADevicesRequest) -> t.ListMFADevicesResponse:
    _check_user(call, req)
    return {"MFADevices": [], "IsTruncated": False}


@operation("iam", "ListVirtualMFADevices", resource=ANY)
def list_virtual_mfa_devices(_: Call, __: t.ListVirtualMFADevicesRequest) -> t.ListVirtualMFADevicesResponse:
    return {"VirtualMFADevices": [], "IsTruncated": False}


@operation("iam", "ListSSHPublicKeys", resource=users.or_caller)
def list_ssh_public_keys(call: Call, req: t.ListSSHPublicKeysRequest) -> t.ListSSHPublicKeysResponse:
    _check_user(call, req)
    return {"SSHPublicKeys": [], "IsTruncated": False}


@operation("iam", "ListSigningCertificates", resource=users.or_caller)
def list_signing_certificates(call: Call, req: t.ListSigningCertificatesRequest) -> t.ListSigningCertificatesResponse:
    _check_user(call, req)
    return {"Certificates": [], "IsTruncated": False}


@operation("iam", "ListServiceSpecificCredentials", resource=users.or_caller)
def list_service_specific_credentials(
    call: Call, req: t.ListServiceSpecificCredentialsRequest
) -> t.ListServiceSpecificCredentialsResponse:
    _check_user(call, req)
    return {"ServiceSpecificCredentials": []}


def _check_user(call: Call, req: Any) -> str:
    """The name of the user that is meant, the caller's where none is named. Raises NoSuchEntity."""
    principal = call.caller.principal
    name: str = req.get("UserName", principal.name)
    if "UserName" in req:
        call.reg.db.read(lambda tx: identities.find(tx, principal.account, USER, name))
    return name


def _no_password(call: Call, req: Any) -> NoReturn:
    raise NoSuchEntity(f"Login Profile for User {_check_user(call, req)} cannot be found.")
