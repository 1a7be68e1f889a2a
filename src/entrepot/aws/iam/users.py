"""CreateUser, GetUser, ListUsers, UpdateUser, DeleteUser."""

from __future__ import annotations

from entrepot.aws.iam import scope
from entrepot.aws.operation import ANY, Call, about, operation
from entrepot.aws.types import iam as t
from entrepot.domain import iam_names as names
from entrepot.domain import principals
from entrepot.domain.errors import ValidationFailed
from entrepot.domain.iam_entities import Identity
from entrepot.registry import identities, users
from entrepot.registry.users import Tagged


@about("user", "root")
def or_caller(call: Call, req: t.GetUserRequest) -> str:
    """The ARN of the user that a request names, otherwise of whoever calls: a user, or root."""
    if "UserName" in req:
        return identities.arn_of(call.reg, call.caller.principal.account, names.USER, req["UserName"])
    return call.caller.principal.arn if call.caller.principal.kind in {principals.ROOT, principals.USER} else ANY


@operation("iam", "CreateUser", resource=scope.created(names.USER, "UserName"))
def create_user(call: Call, req: t.CreateUserRequest) -> t.CreateUserResponse:
    user = users.create(
        call.reg,
        call.caller,
        req["UserName"],
        req.get("Path", "/"),
        req.get("PermissionsBoundary", ""),
        scope.tag_map(req.get("Tags", [])),
    )
    return {"User": tagged(user)}


@operation("iam", "GetUser", resource=or_caller)
def get_user(call: Call, req: t.GetUserRequest) -> t.GetUserResponse:
    principal = call.caller.principal
    if "UserName" in req:
        return {"User": tagged(users.get(call.reg, principal.account, req["UserName"]))}
    if principal.kind == principals.ROOT:
        return {"User": _root(call)}
    if principal.kind == principals.USER:
        return {"User": tagged(users.get(call.reg, principal.account, principal.name))}
    raise ValidationFailed("Must specify userName when calling with non-User credentials")


@operation("iam", "ListUsers", resource=ANY)
def list_users(call: Call, req: t.ListUsersRequest) -> t.ListUsersResponse:
    page = identities.list_page(
        call.reg,
        call.caller.principal.account,
        names.USER,
        req.get("PathPrefix"),
        req.get("Marker"),
        req.get("MaxItems"),
    )
    return {"Users": [shape(user) for user in page.items], **scope.paging(page)}


@operation("iam", "UpdateUser", resource=scope.renamed(names.USER, "UserName"))
def update_user(call: Call, req: t.UpdateUserRequest) -> None:
    users.rename(call.reg, call.caller, req["UserName"], req.get("NewUserName"), req.get("NewPath"))


@operation("iam", "DeleteUser", resource=scope.user)
def delete_user(call: Call, req: t.DeleteUserRequest) -> None:
    users.delete(call.reg, call.caller, req["UserName"])


def shape(user: Identity) -> t.User:
    """A user as lists show it: without its boundary and its tags."""
    return {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.unique_id,
        "Arn": user.arn,
        "CreateDate": scope.seconds(user.created_at),
    }


def tagged(user: Tagged) -> t.User:
    """A user with all that there is of it."""
    shown = shape(user.identity)
    if user.identity.boundary:
        shown["PermissionsBoundary"] = scope.boundary(user.identity.boundary)
    if user.tags:
        shown["Tags"] = scope.tag_list(user.tags)
    return shown


def _root(call: Call) -> t.User:
    """The root of an account, who has neither name nor path, as AWS shows it."""
    root = call.caller.principal
    return {  # type: ignore[typeddict-item]
        "UserId": root.account,
        "Arn": root.arn,
        "CreateDate": scope.seconds(users.account_created_at(call.reg, root.account)),
    }
