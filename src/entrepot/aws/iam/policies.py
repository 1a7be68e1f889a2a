"""Managed policies and their versions: create, get, list, delete, and which version is in force."""

from __future__ import annotations

from entrepot.aws.iam import scope
from entrepot.aws.iam.documents import document, policy_arn
from entrepot.aws.operation import ANY, Call, operation
from entrepot.aws.types import iam as t
from entrepot.domain import iam_names as names
from entrepot.registry import managed_policies, policy_versions
from entrepot.registry.managed_policies import Known, Wanted
from entrepot.registry.policy_versions import Shown


@operation("iam", "CreatePolicy", resource=scope.created(names.POLICY, "PolicyName"))
def create_policy(call: Call, req: t.CreatePolicyRequest) -> t.CreatePolicyResponse:
    made = managed_policies.create(
        call.reg,
        call.caller,
        req["PolicyName"],
        req.get("Path", "/"),
        req.get("Description", ""),
        req["PolicyDocument"],
        scope.tag_map(req.get("Tags", [])),
    )
    shown = shape(made)
    if made.tags:
        shown["Tags"] = scope.tag_list(made.tags)
    return {"Policy": shown}


@operation("iam", "GetPolicy", resource=policy_arn)
def get_policy(call: Call, req: t.GetPolicyRequest) -> t.GetPolicyResponse:
    found = managed_policies.get(call.reg, call.caller.principal.account, req["PolicyArn"])
    shown = shape(found)
    shown["Tags"] = scope.tag_list(found.tags or {})
    if found.policy.description:
        shown["Description"] = found.policy.description
    return {"Policy": shown}


@operation("iam", "ListPolicies", resource=ANY)
def list_policies(call: Call, req: t.ListPoliciesRequest) -> t.ListPoliciesResponse:
    wanted = Wanted(
        scope=req.get("Scope", managed_policies.ALL),
        only_attached=req.get("OnlyAttached", False),
        prefix=req.get("PathPrefix", "/"),
        usage=req.get("PolicyUsageFilter"),
    )
    account = call.caller.principal.account
    page = managed_policies.list_page(call.reg, account, wanted, req.get("Marker"), req.get("MaxItems"))
    return {"Policies": [shape(known) for known in page.items], **scope.paging(page)}


@operation("iam", "DeletePolicy", resource=policy_arn)
def delete_policy(call: Call, req: t.DeletePolicyRequest) -> None:
    managed_policies.delete(call.reg, call.caller, req["PolicyArn"])


@operation("iam", "CreatePolicyVersion", resource=policy_arn)
def create_policy_version(call: Call, req: t.CreatePolicyVersionRequest) -> t.CreatePolicyVersionResponse:
    default = req.get("SetAsDefault", False)
    made = policy_versions.create(call.reg, call.caller, req["PolicyArn"], req["PolicyDocument"], default=default)
    return {"PolicyVersion": version_shape(made)}


@operation("iam", "GetPolicyVersion", resource=policy_arn)
def get_policy_version(call: Call, req: t.GetPolicyVersionRequest) -> t.GetPolicyVersionResponse:
    found = policy_versions.get(call.reg, call.caller.principal.account, req["PolicyArn"], req["VersionId"])
    return {"PolicyVersion": {"Document": document(found.version.text), **version_shape(found)}}


@operation("iam", "ListPolicyVersions", resource=policy_arn)
def list_policy_versions(call: Call, req: t.ListPolicyVersionsRequest) -> t.ListPolicyVersionsResponse:
    account = call.caller.principal.account
    page = policy_versions.list_page(call.reg, account, req["PolicyArn"], req.get("Marker"), req.get("MaxItems"))
    return {"Versions": [version_shape(each) for each in page.items], **scope.paging(page)}


@operation("iam", "SetDefaultPolicyVersion", resource=policy_arn)
def set_default_policy_version(call: Call, req: t.SetDefaultPolicyVersionRequest) -> None:
    policy_versions.set_default(call.reg, call.caller, req["PolicyArn"], req["VersionId"])


@operation("iam", "DeletePolicyVersion", resource=policy_arn)
def delete_policy_version(call: Call, req: t.DeletePolicyVersionRequest) -> None:
    policy_versions.delete(call.reg, call.caller, req["PolicyArn"], req["VersionId"])


def shape(known: Known) -> t.Policy:
    """A policy as lists show it: without its description and its tags."""
    policy = known.policy
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.unique_id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": f"v{policy.default_version}",
        "AttachmentCount": known.attached,
        "PermissionsBoundaryUsageCount": known.bounds,
        "IsAttachable": True,
        "CreateDate": scope.seconds(policy.created_at),
        "UpdateDate": scope.seconds(policy.updated_at),
    }


def version_shape(shown: Shown) -> t.PolicyVersion:
    """A version as lists show it: without its document."""
    return {
        "VersionId": f"v{shown.version.number}",
        "IsDefaultVersion": shown.default,
        "CreateDate": scope.seconds(shown.version.created_at),
    }
