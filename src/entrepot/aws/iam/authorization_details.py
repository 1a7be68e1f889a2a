"""GetAccountAuthorizationDetails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from entrepot.aws.iam import groups, instance_profiles, policies, roles, scope, users
from entrepot.aws.iam.documents import document
from entrepot.aws.operation import ANY, Call, operation
from entrepot.aws.types import iam as t
from entrepot.domain.iam_names import GROUP, ROLE, USER
from entrepot.registry import authorization_details as details
from entrepot.registry.authorization_details import Rights, Versions
from entrepot.registry.policy_versions import Shown

_KINDS = {
    "User": USER,
    "Group": GROUP,
    "Role": ROLE,
    "LocalManagedPolicy": details.LOCAL_POLICY,
    "AWSManagedPolicy": details.AWS_POLICY,
}


@operation("iam", "GetAccountAuthorizationDetails", resource=ANY)
def get_account_authorization_details(
    call: Call, req: t.GetAccountAuthorizationDetailsRequest
) -> t.GetAccountAuthorizationDetailsResponse:
    kinds = {_KINDS[kind] for kind in req.get("Filter", [])}
    account = call.caller.principal.account
    page = details.list_page(call.reg, account, kinds, req.get("Marker"), req.get("MaxItems"))
    rights = [each for each in page.items if isinstance(each, Rights)]
    return {
        "UserDetailList": [_user(each) for each in rights if each.identity.kind == USER],
        "GroupDetailList": [_group(each) for each in rights if each.identity.kind == GROUP],
        "RoleDetailList": [_role(each) for each in rights if each.identity.kind == ROLE],
        "Policies": [_policy(each) for each in page.items if isinstance(each, Versions)],
        **scope.paging(page),
    }


def _user(rights: Rights) -> t.UserDetail:
    user = rights.identity
    shown = users.shape(user)
    detail: t.UserDetail = {
        "Path": shown["Path"],
        "UserName": shown["UserName"],
        "UserId": shown["UserId"],
        "Arn": shown["Arn"],
        "CreateDate": shown["CreateDate"],
        "UserPolicyList": _inline(rights.inline),
        "GroupList": list(rights.groups),
        "AttachedManagedPolicies": _attached(rights.attached),
        "Tags": scope.tag_list(rights.tags),
    }
    if user.boundary:
        detail["PermissionsBoundary"] = scope.boundary(user.boundary)
    return detail


def _group(rights: Rights) -> t.GroupDetail:
    shown = groups.shape(rights.identity)
    return {
        "Path": shown["Path"],
        "GroupName": shown["GroupName"],
        "GroupId": shown["GroupId"],
        "Arn": shown["Arn"],
        "CreateDate": shown["CreateDate"],
        "GroupPolicyList": _inline(rights.inline),
        "AttachedManagedPolicies": _attached(rights.attached),
    }


def _role(rights: Rights) -> t.RoleDetail:
    role = rights.identity
    shown = roles.shape(role)
    detail: t.RoleDetail = {
        "Path": shown["Path"],
        "RoleName": shown["RoleName"],
        "RoleId": shown["RoleId"],
        "Arn": shown["Arn"],
        "CreateDate": shown["CreateDate"],
        "AssumeRolePolicyDocument": document(role.trust),
        "InstanceProfileList": [instance_profiles.shape(profile) for profile in rights.profiles],
        "RolePolicyList": _inline(rights.inline),
        "AttachedManagedPolicies": _attached(rights.attached),
        "Tags": scope.tag_list(rights.tags),
        "RoleLastUsed": roles.last_used(role),
    }
    if role.boundary:
        detail["PermissionsBoundary"] = scope.boundary(role.boundary)
    return detail


def _policy(versions: Versions) -> t.ManagedPolicyDetail:
    policy = versions.known.policy
    shown = policies.shape(versions.known)
    detail: t.ManagedPolicyDetail = {
        "PolicyName": policy.name,
        "PolicyId": policy.unique_id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": shown["DefaultVersionId"],
        "AttachmentCount": versions.known.attached,
        "PermissionsBoundaryUsageCount": versions.known.bounds,
        "IsAttachable": True,
        "CreateDate": shown["CreateDate"],
        "UpdateDate": shown["UpdateDate"],
        "PolicyVersionList": [
            {
                "Document": document(version.text),
                **policies.version_shape(Shown(version, default=version.number == policy.default_version)),
            }
            for version in versions.versions
        ],
    }
    if policy.description:
        detail["Description"] = policy.description
    return detail


def _inline(inline: Mapping[str, str]) -> list[t.PolicyDetail]:
    return [{"PolicyName": name, "PolicyDocument": document(text)} for name, text in inline.items()]


def _attached(arns: Sequence[str]) -> list[t.AttachedPolicy]:
    return [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in arns]
