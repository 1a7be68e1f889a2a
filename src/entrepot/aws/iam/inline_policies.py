"""Inline policies of users, groups and roles: put, get, list, delete."""

from __future__ import annotations

from typing import Any

from entrepot.aws.iam import scope
from entrepot.aws.iam.documents import document
from entrepot.aws.operation import Call, operation
from entrepot.aws.types import iam as t
from entrepot.domain.iam_names import GROUP, ROLE, USER
from entrepot.registry import inline_policies


@operation("iam", "PutUserPolicy", resource=scope.user)
def put_user_policy(call: Call, req: t.PutUserPolicyRequest) -> None:
    name, policy, text = req["UserName"], req["PolicyName"], req["PolicyDocument"]
    inline_policies.put(call.reg, call.caller, USER, name, policy, text)


@operation("iam", "GetUserPolicy", resource=scope.user)
def get_user_policy(call: Call, req: t.GetUserPolicyRequest) -> t.GetUserPolicyResponse:
    name, policy = req["UserName"], req["PolicyName"]
    text = inline_policies.get(call.reg, call.caller.principal.account, USER, name, policy)
    return {"UserName": name, "PolicyName": policy, "PolicyDocument": document(text)}


@operation("iam", "ListUserPolicies", resource=scope.user)
def list_user_policies(call: Call, req: t.ListUserPoliciesRequest) -> t.ListUserPoliciesResponse:
    return _names(call, USER, req["UserName"], req)


@operation("iam", "DeleteUserPolicy", resource=scope.user)
def delete_user_policy(call: Call, req: t.DeleteUserPolicyRequest) -> None:
    inline_policies.delete(call.reg, call.caller, USER, req["UserName"], req["PolicyName"])


@operation("iam", "PutGroupPolicy", resource=scope.group)
def put_group_policy(call: Call, req: t.PutGroupPolicyRequest) -> None:
    name, policy, text = req["GroupName"], req["PolicyName"], req["PolicyDocument"]
    inline_policies.put(call.reg, call.caller, GROUP, name, policy, text)


@operation("iam", "GetGroupPolicy", resource=scope.group)
def get_group_policy(call: Call, req: t.GetGroupPolicyRequest) -> t.GetGroupPolicyResponse:
    name, policy = req["GroupName"], req["PolicyName"]
    text = inline_policies.get(call.reg, call.caller.principal.account, GROUP, name, policy)
    return {"GroupName": name, "PolicyName": policy, "PolicyDocument": document(text)}


@operation("iam", "ListGroupPolicies", resource=scope.group)
def list_group_policies(call: Call, req: t.ListGroupPoliciesRequest) -> t.ListGroupPoliciesResponse:
    return _names(call, GROUP, req["GroupName"], req)


@operation("iam", "DeleteGroupPolicy", resource=scope.group)
def delete_group_policy(call: Call, req: t.DeleteGroupPolicyRequest) -> None:
    inline_policies.delete(call.reg, call.caller, GROUP, req["GroupName"], req["PolicyName"])


@operation("iam", "PutRolePolicy", resource=scope.role)
def put_role_policy(call: Call, req: t.PutRolePolicyRequest) -> None:
    name, policy, text = req["RoleName"], req["PolicyName"], req["PolicyDocument"]
    inline_policies.put(call.reg, call.caller, ROLE, name, policy, text)


@operation("iam", "GetRolePolicy", resource=scope.role)
def get_role_policy(call: Call, req: t.GetRolePolicyRequest) -> t.GetRolePolicyResponse:
    name, policy = req["RoleName"], req["PolicyName"]
    text = inline_policies.get(call.reg, call.caller.principal.account, ROLE, name, policy)
    return {"RoleName": name, "PolicyName": policy, "PolicyDocument": document(text)}


@operation("iam", "ListRolePolicies", resource=scope.role)
def list_role_policies(call: Call, req: t.ListRolePoliciesRequest) -> t.ListRolePoliciesResponse:
    return _names(call, ROLE, req["RoleName"], req)


@operation("iam", "DeleteRolePolicy", resource=scope.role)
def delete_role_policy(call: Call, req: t.DeleteRolePolicyRequest) -> None:
    inline_policies.delete(call.reg, call.caller, ROLE, req["RoleName"], req["PolicyName"])


def _names(call: Call, kind: str, name: str, req: Any) -> t.ListUserPoliciesResponse:
    account = call.caller.principal.account
    page = inline_policies.list_page(call.reg, account, kind, name, req.get("Marker"), req.get("MaxItems"))
    return {"PolicyNames": list(page.items), **scope.paging(page)}
