"""DescribeRegistry, PutReplicationConfiguration."""

from __future__ import annotations

from entrepot.aws.ecr import scope
from entrepot.aws.operation import ANY, Call, operation
from entrepot.aws.types import ecr as t
from entrepot.domain.registries import RegistryKey
from entrepot.registry import replication


@operation("ecr", "DescribeRegistry", resource=ANY)
def describe_registry(call: Call, req: t.DescribeRegistryRequest) -> t.DescribeRegistryResponse:
    return {"registryId": scope.registry(call, req).account, "replicationConfiguration": {"rules": []}}


@operation("ecr", "PutReplicationConfiguration", resource=ANY)
def put_replication_configuration(
    call: Call, req: t.PutReplicationConfigurationRequest
) -> t.PutReplicationConfigurationResponse:
    rules = req["replicationConfiguration"]["rules"]
    wanted = [[RegistryKey(to["registryId"], to["region"]) for to in rule["destinations"]] for rule in rules]
    replication.configure(call.reg, call.caller, scope.registry(call, req), wanted)
    return {"replicationConfiguration": {"rules": []}}
