"""Set, Get and DeleteRepositoryPolicy; Put, Get and DeleteRegistryPolicy."""

from __future__ import annotations

from entrepot.aws.ecr import scope
from entrepot.aws.operation import ANY, Call, operation
from entrepot.aws.types import ecr as t
from entrepot.registry import policies


@operation("ecr", "SetRepositoryPolicy", resource=scope.repository)
def set_repository_policy(call: Call, req: t.SetRepositoryPolicyRequest) -> t.SetRepositoryPolicyResponse:
    key, name, text = scope.registry(call, req), req["repositoryName"], req["policyText"]
    policies.set_repository(call.reg, call.caller, key, name, text, force=req.get("force", False))
    return {"registryId": key.account, "repositoryName": name, "policyText": text}


@operation("ecr", "GetRepositoryPolicy", resource=scope.repository)
def get_repository_policy(call: Call, req: t.GetRepositoryPolicyRequest) -> t.GetRepositoryPolicyResponse:
    key, name = scope.registry(call, req), req["repositoryName"]
    text = policies.of_repository(call.reg, key, name)
    return {"registryId": key.account, "repositoryName": name, "policyText": text}


@operation("ecr", "DeleteRepositoryPolicy", resource=scope.repository)
def delete_repository_policy(call: Call, req: t.DeleteRepositoryPolicyRequest) -> t.DeleteRepositoryPolicyResponse:
    key, name = scope.registry(call, req), req["repositoryName"]
    text = policies.delete_repository(call.reg, call.caller, key, name)
    return {"registryId": key.account, "repositoryName": name, "policyText": text}


@operation("ecr", "PutRegistryPolicy", resource=ANY)
def put_registry_policy(call: Call, req: t.PutRegistryPolicyRequest) -> t.PutRegistryPolicyResponse:
    key = scope.registry(call, req)
    policies.set_registry(call.reg, call.caller, key, req["policyText"])
    return {"registryId": key.account, "policyText": req["policyText"]}


@operation("ecr", "GetRegistryPolicy", resource=ANY)
def get_registry_policy(call: Call, req: t.GetRegistryPolicyRequest) -> t.GetRegistryPolicyResponse:
    key = scope.registry(call, req)
    return {"registryId": key.account, "policyText": policies.of_registry(call.reg, key)}


@operation("ecr", "DeleteRegistryPolicy", resource=ANY)
def delete_registry_policy(call: Call, req: t.DeleteRegistryPolicyRequest) -> t.DeleteRegistryPolicyResponse:
    key = scope.registry(call, req)
    return {"registryId": key.account, "policyText": policies.delete_registry(call.reg, call.caller, key)}
