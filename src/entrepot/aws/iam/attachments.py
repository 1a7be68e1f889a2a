"""Managed policies of users, groups and roles: attach, detach, list; and their permissions boundaries."""

from __future__ import annotations

from typing import Any

from entrepot.aws.iam import scope
from entrepot.aws.iam.documents import policy_arn
from entrepot.aws.operation import Call, operation
from entrepot.aws.types import iam as t
from entrepot.domain.iam_names import GROUP, ROLE, USER
from entrepot.registry import attachments, boundaries
from entrepot.registry.attachments import Holders

_KINDS = {"User": USER, "Group": GROUP, "Role": ROLE}


@operation("iam", "AttachUserPolicy", resource=scope.user)
def attach_user_policy(call: Call, req: t.AttachUserPolicyRequest) -> None:
    attachments.attach(call.reg, call.caller, USER, req["UserName"], req["PolicyArn"])


@operation("iam", "DetachUserPolicy", resource=scope.user)
def detach_user_policy(call: Call, req: t.DetachUserPolicyRequest) -> None:
    attachments.detach(call.reg, call.caller, USER, req["UserName"], req["PolicyArn"])


@operation("iam", "ListAttachedUserPolicies", resource=scope.user)
def list_attached_user_policies(
    call: Call, req: t.ListAttachedUserPoliciesRequest
) -> t.ListAttachedUserPoliciesResponse:
    return _attached(call, USER, req["UserName"], req)


@operation("iam", "AttachGroupPolicy", resource=scope.group)
def attach_group_policy(call: Call, req: t.AttachGroupPolicyRequest) -> None:
    attachments.attach(call.reg, call.caller, GROUP, req["GroupName"], req["PolicyArn"])


@operation("iam", "DetachGroupPolicy", resource=scope.group)
def detach_group_policy(call: Call, req: t.DetachGroupPolicyRequest) -> None:
    attachments.detach(call.reg, call.caller, GROUP, req["GroupName"], req["PolicyArn"])


@operation("iam", "ListAttachedGroupPolicies", resource=scope.group)
def list_attached_group_policies(
    call: Call, req: t.ListAttachedGroupPoliciesRequest
) -> t.ListAttachedGroupPoliciesResponse:
    return _attached(call, GROUP, req["GroupName"], req)


@operation("iam", "AttachRolePolicy", resource=scope.role)
def attach_role_policy(call: Call, req: t.AttachRolePolicyRequest) -> None:
    attachments.attach(call.reg, call.caller, ROLE, req["RoleName"], req["PolicyArn"])


@operation("iam", "DetachRolePolicy", resource=scope.role)
def detach_role_policy(call: Call, req: t.DetachRolePolicyRequest) -> None:
    attachments.detach(call.reg, call.caller, ROLE, req["RoleName"], req["PolicyArn"])


@operation("iam", "ListAttachedRolePolicies", resource=scope.role)
def list_attached_role_policies(
    call: Call, req: t.ListAttachedRolePoliciesRequest
) -> t.ListAttachedRolePoliciesResponse:
    return _attached(call, ROLE, req["RoleName"], req)


@operation("iam", "ListEntitiesForPolicy", resource=policy_arn)
def list_entities_for_policy(call: Call, req: t.ListEntitiesForPolicyRequest) -> t.ListEntitiesForPolicyResponse:
    account, arn, entity = call.caller.principal.account, req["PolicyArn"], req.get("EntityFilter", "")
    # A filter by LocalManagedPolicy or AWSManagedPolicy is one for entities that are none of these.
    wanted = Holders(_KINDS.get(entity, entity or None), req.get("PathPrefix", "/"), req.get("PolicyUsageFilter"))
    page = attachments.holders(call.reg, account, arn, wanted, req.get("Marker"), req.get("MaxItems"))
    return {
        "PolicyGroups": [
            {"GroupName": each.name, "GroupId": each.unique_id} for each in page.items if each.kind == GROUP
        ],
        "PolicyUsers": [{"UserName": each.name, "UserId": each.unique_id} for each in page.items if each.kind == USER],
        "PolicyRoles": [{"RoleName": each.name, "RoleId": each.unique_id} for each in page.items if each.kind == ROLE],
        **scope.paging(page),
    }


@operation("iam", "PutUserPermissionsBoundary", resource=scope.user)
def put_user_permissions_boundary(call: Call, req: t.PutUserPermissionsBoundaryRequest) -> None:
    boundaries.put(call.reg, call.caller, USER, req["UserName"], req["PermissionsBoundary"])


@operation("iam", "DeleteUserPermissionsBoundary", resource=scope.user)
def delete_user_permissions_boundary(call: Call, req: t.DeleteUserPermissionsBoundaryRequest) -> None:
    boundaries.delete(call.reg, call.caller, USER, req["UserName"])


@operation("iam", "PutRolePermissionsBoundary", resource=scope.role)
def put_role_permissions_boundary(call: Call, req: t.PutRolePermissionsBoundaryRequest) -> None:
    boundaries.put(call.reg, call.caller, ROLE, req["RoleName"], req["PermissionsBoundary"])


@operation("iam", "DeleteRolePermissionsBoundary", resource=scope.role)
def delete_role_permissions_boundary(call: Call, req: t.DeleteRolePermissionsBoundaryRequest) -> None:
    boundaries.delete(call.reg, call.caller, ROLE, req["RoleName"])


def _attached(call: Call, kind: str, name: str, req: Any) -> t.ListAttachedUserPoliciesResponse:
    account, prefix = call.caller.principal.account, req.get("PathPrefix", "/")
    page = attachments.of(call.reg, account, kind, name, prefix, req.get("Marker"), req.get("MaxItems"))
    found: list[t.AttachedPolicy] = [{"PolicyName": policy, "PolicyArn": arn} for policy, arn in page.items]
    return {"AttachedPolicies": found, **scope.paging(page)}
