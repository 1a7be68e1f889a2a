"""CreateGroup, GetGroup, ListGroups, ListGroupsForUser, UpdateGroup, DeleteGroup, and who is in a group."""

from __future__ import annotations

from entrepot.aws.iam import scope, users
from entrepot.aws.operation import ANY, Call, operation
from entrepot.aws.types import iam as t
from entrepot.domain import iam_names as names
from entrepot.domain.iam_entities import Identity
from entrepot.registry import groups, identities


@operation("iam", "CreateGroup", resource=scope.created(names.GROUP, "GroupName"))
def create_group(call: Call, req: t.CreateGroupRequest) -> t.CreateGroupResponse:
    return {"Group": shape(groups.create(call.reg, call.caller, req["GroupName"], req.get("Path", "/")))}


@operation("iam", "GetGroup", resource=scope.group)
def get_group(call: Call, req: t.GetGroupRequest) -> t.GetGroupResponse:
    account = call.caller.principal.account
    found = groups.get(call.reg, account, req["GroupName"], req.get("Marker"), req.get("MaxItems"))
    return {
        "Group": shape(found.group),
        "Users": [users.shape(user) for user in found.users.items],
        **scope.paging(found.users),
    }


@operation("iam", "ListGroups", resource=ANY)
def list_groups(call: Call, req: t.ListGroupsRequest) -> t.ListGroupsResponse:
    page = identities.list_page(
        call.reg,
        call.caller.principal.account,
        names.GROUP,
        req.get("PathPrefix"),
        req.get("Marker"),
        req.get("MaxItems"),
    )
    return {"Groups": [shape(group) for group in page.items], **scope.paging(page)}


@operation("iam", "ListGroupsForUser", resource=scope.user)
def list_groups_for_user(call: Call, req: t.ListGroupsForUserRequest) -> t.ListGroupsForUserResponse:
    account = call.caller.principal.account
    page = groups.of_user(call.reg, account, req["UserName"], req.get("Marker"), req.get("MaxItems"))
    return {"Groups": [shape(group) for group in page.items], **scope.paging(page)}


@operation("iam", "AddUserToGroup", resource=scope.group)
def add_user_to_group(call: Call, req: t.AddUserToGroupRequest) -> None:
    groups.add_user(call.reg, call.caller, req["GroupName"], req["UserName"])


@operation("iam", "RemoveUserFromGroup", resource=scope.group)
def remove_user_from_group(call: Call, req: t.RemoveUserFromGroupRequest) -> None:
    groups.remove_user(call.reg, call.caller, req["GroupName"], req["UserName"])


@operation("iam", "UpdateGroup", resource=scope.renamed(names.GROUP, "GroupName"))
def update_group(call: Call, req: t.UpdateGroupRequest) -> None:
    groups.rename(call.reg, call.caller, req["GroupName"], req.get("NewGroupName"), req.get("NewPath"))


@operation("iam", "DeleteGroup", resource=scope.group)
def delete_group(call: Call, req: t.DeleteGroupRequest) -> None:
    groups.delete(call.reg, call.caller, req["GroupName"])


def shape(group: Identity) -> t.Group:
    """A group as IAM describes it."""
    return {
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": group.unique_id,
        "Arn": group.arn,
        "CreateDate": scope.seconds(group.created_at),
    }
