"""Instance profiles: create, get, list, delete, and the role in one."""

from __future__ import annotations

from entrepot.aws.iam import roles, scope
from entrepot.aws.operation import ANY, Call, operation
from entrepot.aws.types import iam as t
from entrepot.domain import iam_names as names
from entrepot.registry import instance_profiles
from entrepot.registry.instance_profiles import Profile


@operation("iam", "CreateInstanceProfile", resource=scope.created(names.PROFILE, "InstanceProfileName"))
def create_instance_profile(call: Call, req: t.CreateInstanceProfileRequest) -> t.CreateInstanceProfileResponse:
    tags = scope.tag_map(req.get("Tags", []))
    made = instance_profiles.create(call.reg, call.caller, req["InstanceProfileName"], req.get("Path", "/"), tags)
    return {"InstanceProfile": tagged(made)}


@operation("iam", "GetInstanceProfile", resource=scope.profile)
def get_instance_profile(call: Call, req: t.GetInstanceProfileRequest) -> t.GetInstanceProfileResponse:
    account = call.caller.principal.account
    return {"InstanceProfile": tagged(instance_profiles.get(call.reg, account, req["InstanceProfileName"]))}


@operation("iam", "ListInstanceProfiles", resource=ANY)
def list_instance_profiles(call: Call, req: t.ListInstanceProfilesRequest) -> t.ListInstanceProfilesResponse:
    account = call.caller.principal.account
    page = instance_profiles.list_page(call.reg, account, req.get("PathPrefix"), req.get("Marker"), req.get("MaxItems"))
    return {"InstanceProfiles": [shape(profile) for profile in page.items], **scope.paging(page)}


@operation("iam", "ListInstanceProfilesForRole", resource=scope.role)
def list_instance_profiles_for_role(
    call: Call, req: t.ListInstanceProfilesForRoleRequest
) -> t.ListInstanceProfilesForRoleResponse:
    account = call.caller.principal.account
    page = instance_profiles.of_role(call.reg, account, req["RoleName"], req.get("Marker"), req.get("MaxItems"))
    return {"InstanceProfiles": [shape(profile) for profile in page.items], **scope.paging(page)}


@operation("iam", "AddRoleToInstanceProfile", resource=scope.profile)
def add_role_to_instance_profile(call: Call, req: t.AddRoleToInstanceProfileRequest) -> None:
    instance_profiles.add_role(call.reg, call.caller, req["InstanceProfileName"], req["RoleName"])


@operation("iam", "RemoveRoleFromInstanceProfile", resource=scope.profile)
def remove_role_from_instance_profile(call: Call, req: t.RemoveRoleFromInstanceProfileRequest) -> None:
    instance_profiles.remove_role(call.reg, call.caller, req["InstanceProfileName"], req["RoleName"])


@operation("iam", "DeleteInstanceProfile", resource=scope.profile)
def delete_instance_profile(call: Call, req: t.DeleteInstanceProfileRequest) -> None:
    instance_profiles.delete(call.reg, call.caller, req["InstanceProfileName"])


def shape(profile: Profile) -> t.InstanceProfile:
    """A profile as lists show it: without its tags."""
    return {
        "Path": profile.identity.path,
        "InstanceProfileName": profile.identity.name,
        "InstanceProfileId": profile.identity.unique_id,
        "Arn": profile.identity.arn,
        "CreateDate": scope.seconds(profile.identity.created_at),
        "Roles": [roles.shape(role) for role in profile.roles],
    }


def tagged(profile: Profile) -> t.InstanceProfile:
    shown = shape(profile)
    if profile.tags:
        shown["Tags"] = scope.tag_list(profile.tags)
    return shown
