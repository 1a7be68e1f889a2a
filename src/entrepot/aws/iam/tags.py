"""Tag…, Untag… and List…Tags of users, roles, instance profiles, managed policies and OIDC providers."""

from __future__ import annotations

from typing import Any

from entrepot.aws.iam import scope
from entrepot.aws.operation import Call, operation
from entrepot.aws.types import iam as t
from entrepot.domain.iam_names import PROFILE, ROLE, USER
from entrepot.registry import iam_tags
from entrepot.registry.iam_tags import Find


@operation("iam", "TagUser", resource=scope.user)
def tag_user(call: Call, req: t.TagUserRequest) -> None:
    _put(call, req, iam_tags.named(call.caller, USER, req["UserName"]))


@operation("iam", "UntagUser", resource=scope.user)
def untag_user(call: Call, req: t.UntagUserRequest) -> None:
    _remove(call, req, iam_tags.named(call.caller, USER, req["UserName"]))


@operation("iam", "ListUserTags", resource=scope.user)
def list_user_tags(call: Call, req: t.ListUserTagsRequest) -> t.ListUserTagsResponse:
    return _list(call, req, iam_tags.named(call.caller, USER, req["UserName"]))


@operation("iam", "TagRole", resource=scope.role)
def tag_role(call: Call, req: t.TagRoleRequest) -> None:
    _put(call, req, iam_tags.named(call.caller, ROLE, req["RoleName"]))


@operation("iam", "UntagRole", resource=scope.role)
def untag_role(call: Call, req: t.UntagRoleRequest) -> None:
    _remove(call, req, iam_tags.named(call.caller, ROLE, req["RoleName"]))


@operation("iam", "ListRoleTags", resource=scope.role)
def list_role_tags(call: Call, req: t.ListRoleTagsRequest) -> t.ListRoleTagsResponse:
    return _list(call, req, iam_tags.named(call.caller, ROLE, req["RoleName"]))


@operation("iam", "TagInstanceProfile", resource=scope.profile)
def tag_instance_profile(call: Call, req: t.TagInstanceProfileRequest) -> None:
    _put(call, req, iam_tags.named(call.caller, PROFILE, req["InstanceProfileName"]))


@operation("iam", "UntagInstanceProfile", resource=scope.profile)
def untag_instance_profile(call: Call, req: t.UntagInstanceProfileRequest) -> None:
    _remove(call, req, iam_tags.named(call.caller, PROFILE, req["InstanceProfileName"]))


@operation("iam", "ListInstanceProfileTags", resource=scope.profile)
def list_instance_profile_tags(call: Call, req: t.ListInstanceProfileTagsRequest) -> t.ListInstanceProfileTagsResponse:
    return _list(call, req, iam_tags.named(call.caller, PROFILE, req["InstanceProfileName"]))


@operation("iam", "TagPolicy", resource=scope.arn("PolicyArn", "policy"))
def tag_policy(call: Call, req: t.TagPolicyRequest) -> None:
    _put(call, req, iam_tags.policy(call.caller, req["PolicyArn"]))


@operation("iam", "UntagPolicy", resource=scope.arn("PolicyArn", "policy"))
def untag_policy(call: Call, req: t.UntagPolicyRequest) -> None:
    _remove(call, req, iam_tags.policy(call.caller, req["PolicyArn"]))


@operation("iam", "ListPolicyTags", resource=scope.arn("PolicyArn", "policy"))
def list_policy_tags(call: Call, req: t.ListPolicyTagsRequest) -> t.ListPolicyTagsResponse:
    return _list(call, req, iam_tags.policy(call.caller, req["PolicyArn"]))


@operation("iam", "TagOpenIDConnectProvider", resource=scope.arn("OpenIDConnectProviderArn", "oidc-provider"))
def tag_open_id_connect_provider(call: Call, req: t.TagOpenIDConnectProviderRequest) -> None:
    _put(call, req, iam_tags.provider(call.caller, req["OpenIDConnectProviderArn"]))


@operation("iam", "UntagOpenIDConnectProvider", resource=scope.arn("OpenIDConnectProviderArn", "oidc-provider"))
def untag_open_id_connect_provider(call: Call, req: t.UntagOpenIDConnectProviderRequest) -> None:
    _remove(call, req, iam_tags.provider(call.caller, req["OpenIDConnectProviderArn"]))


@operation("iam", "ListOpenIDConnectProviderTags", resource=scope.arn("OpenIDConnectProviderArn", "oidc-provider"))
def list_open_id_connect_provider_tags(
    call: Call, req: t.ListOpenIDConnectProviderTagsRequest
) -> t.ListOpenIDConnectProviderTagsResponse:
    return _list(call, req, iam_tags.provider(call.caller, req["OpenIDConnectProviderArn"]))


def _put(call: Call, req: Any, find: Find) -> None:
    iam_tags.put(call.reg, call.caller, find, scope.tag_map(req["Tags"]))


def _remove(call: Call, req: Any, find: Find) -> None:
    iam_tags.remove(call.reg, call.caller, find, req["TagKeys"])


def _list(call: Call, req: Any, find: Find) -> t.ListUserTagsResponse:
    page = iam_tags.list_page(call.reg, find, req.get("Marker"), req.get("MaxItems"))
    return {"Tags": scope.tags(page), **scope.paging(page)}
