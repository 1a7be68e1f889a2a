"""CreateRole, GetRole, ListRoles, UpdateAssumeRolePolicy, UpdateRole, UpdateRoleDescription, DeleteRole."""

from __future__ import annotations

from entrepot.aws.iam import scope
from entrepot.aws.iam.documents import document
from entrepot.aws.operation import ANY, Call, operation
from entrepot.aws.types import iam as t
from entrepot.domain import iam_names as names
from entrepot.domain.iam_entities import Identity
from entrepot.registry import roles
from entrepot.registry.users import Tagged


@operation("iam", "CreateRole", resource=scope.created(names.ROLE, "RoleName"))
def create_role(call: Call, req: t.CreateRoleRequest) -> t.CreateRoleResponse:
    new = roles.New(
        name=req["RoleName"],
        path=req.get("Path", "/"),
        trust=req["AssumeRolePolicyDocument"],
        description=req.get("Description", ""),
        max_session=req.get("MaxSessionDuration", roles.MAX_SESSION),
        boundary=req.get("PermissionsBoundary", ""),
        tags=scope.tag_map(req.get("Tags", [])),
    )
    return {"Role": tagged(roles.create(call.reg, call.caller, new))}


@operation("iam", "GetRole", resource=scope.role)
def get_role(call: Call, req: t.GetRoleRequest) -> t.GetRoleResponse:
    found = roles.get(call.reg, call.caller.principal.account, req["RoleName"])
    return {"Role": {**tagged(found), "RoleLastUsed": last_used(found.identity)}}


@operation("iam", "ListRoles", resource=ANY)
def list_roles(call: Call, req: t.ListRolesRequest) -> t.ListRolesResponse:
    page = roles.list_page(
        call.reg,
        call.caller.principal.account,
        req.get("PathPrefix"),
        req.get("Marker"),
        req.get("MaxItems"),
    )
    return {"Roles": [shape(role) for role in page.items], **scope.paging(page)}


@operation("iam", "UpdateAssumeRolePolicy", resource=scope.role)
def update_assume_role_policy(call: Call, req: t.UpdateAssumeRolePolicyRequest) -> None:
    roles.set_trust(call.reg, call.caller, req["RoleName"], req["PolicyDocument"])


@operation("iam", "UpdateRole", resource=scope.role)
def update_role(call: Call, req: t.UpdateRoleRequest) -> None:
    roles.update(call.reg, call.caller, req["RoleName"], req.get("Description"), req.get("MaxSessionDuration"))


@operation("iam", "UpdateRoleDescription", resource=scope.role)
def update_role_description(call: Call, req: t.UpdateRoleDescriptionRequest) -> t.UpdateRoleDescriptionResponse:
    return {"Role": shape(roles.update(call.reg, call.caller, req["RoleName"], req["Description"], None))}


@operation("iam", "DeleteRole", resource=scope.role)
def delete_role(call: Call, req: t.DeleteRoleRequest) -> None:
    roles.delete(call.reg, call.caller, req["RoleName"])


def shape(role: Identity) -> t.Role:
    """A role as lists show it: without its boundary, its tags and when it was used."""
    shown: t.Role = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.unique_id,
        "Arn": role.arn,
        "CreateDate": scope.seconds(role.created_at),
        "AssumeRolePolicyDocument": document(role.trust),
        "MaxSessionDuration": role.max_session,
    }
    if role.description:
        shown["Description"] = role.description
    return shown


def tagged(role: Tagged) -> t.Role:
    """A role with its boundary and its tags."""
    shown = shape(role.identity)
    if role.identity.boundary:
        shown["PermissionsBoundary"] = scope.boundary(role.identity.boundary)
    if role.tags:
        shown["Tags"] = scope.tag_list(role.tags)
    return shown


def last_used(role: Identity) -> t.RoleLastUsed:
    """When a role was used last; nothing where it never was."""
    if role.last_used_at is None:
        return {}
    return {"LastUsedDate": scope.seconds(role.last_used_at), "Region": role.last_used_region}
