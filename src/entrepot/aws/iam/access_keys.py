"""CreateAccessKey, ListAccessKeys, UpdateAccessKey, DeleteAccessKey, GetAccessKeyLastUsed."""

from __future__ import annotations

from entrepot.aws.iam import scope, users
from entrepot.aws.operation import Call, about, operation
from entrepot.aws.types import iam as t
from entrepot.domain.iam_entities import AccessKey
from entrepot.registry import access_keys

NEVER = "N/A"  # what AWS answers for a key that was not used


@about("user", "root")
def _owner(call: Call, req: t.GetAccessKeyLastUsedRequest) -> str:
    """The ARN of the user whose key it is. Raises AccessDenied for a key that the account does not have."""
    owner, key = access_keys.last_used(call.reg, call.caller, req["AccessKeyId"])
    return owner.arn if owner is not None else f"arn:aws:iam::{key.account}:root"


@operation("iam", "CreateAccessKey", resource=users.or_caller)
def create_access_key(call: Call, req: t.CreateAccessKeyRequest) -> t.CreateAccessKeyResponse:
    made = access_keys.create(call.reg, call.caller, req.get("UserName"))
    return {
        "AccessKey": {
            "UserName": made.user,
            "AccessKeyId": made.key.id,
            "Status": "Active",
            "SecretAccessKey": made.secret,
            "CreateDate": scope.seconds(made.key.created_at),
        }
    }


@operation("iam", "ListAccessKeys", resource=users.or_caller)
def list_access_keys(call: Call, req: t.ListAccessKeysRequest) -> t.ListAccessKeysResponse:
    user, page = access_keys.list_page(
        call.reg, call.caller, req.get("UserName"), req.get("Marker"), req.get("MaxItems")
    )
    return {"AccessKeyMetadata": [_shape(user, key) for key in page.items], **scope.paging(page)}


@operation("iam", "UpdateAccessKey", resource=users.or_caller)
def update_access_key(call: Call, req: t.UpdateAccessKeyRequest) -> None:
    access_keys.set_status(call.reg, call.caller, req.get("UserName"), req["AccessKeyId"], req["Status"])


@operation("iam", "DeleteAccessKey", resource=users.or_caller)
def delete_access_key(call: Call, req: t.DeleteAccessKeyRequest) -> None:
    access_keys.delete(call.reg, call.caller, req.get("UserName"), req["AccessKeyId"])


@operation("iam", "GetAccessKeyLastUsed", resource=_owner)
def get_access_key_last_used(call: Call, req: t.GetAccessKeyLastUsedRequest) -> t.GetAccessKeyLastUsedResponse:
    owner, key = access_keys.last_used(call.reg, call.caller, req["AccessKeyId"])
    used: t.AccessKeyLastUsed = {"ServiceName": NEVER, "Region": NEVER}
    if key.last_used_at is not None:
        used = {
            "LastUsedDate": scope.seconds(key.last_used_at),
            "ServiceName": key.last_used_service,
            "Region": key.last_used_region,
        }
    return {"UserName": owner.name if owner is not None else "", "AccessKeyLastUsed": used}


def _shape(user: str, key: AccessKey) -> t.AccessKeyMetadata:
    shown: t.AccessKeyMetadata = {
        "AccessKeyId": key.id,
        "Status": key.status,  # type: ignore[typeddict-item]
        "CreateDate": scope.seconds(key.created_at),
    }
    return {"UserName": user, **shown} if user else shown
