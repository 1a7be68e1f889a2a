"""What is set for a repository: PutImageTagMutability, PutImageScanningConfiguration."""

from __future__ import annotations

from entrepot.aws.ecr import scope
from entrepot.aws.ecr.repositories import filters, mutability
from entrepot.aws.operation import Call, operation
from entrepot.aws.types import ecr as t
from entrepot.registry import repositories


@operation("ecr", "PutImageTagMutability", resource=scope.repository)
def put_image_tag_mutability(call: Call, req: t.PutImageTagMutabilityRequest) -> t.PutImageTagMutabilityResponse:
    wanted = mutability(req["imageTagMutability"], req)
    key = scope.registry(call, req)
    repository = repositories.set_mutability(call.reg, call.caller, key, req["repositoryName"], wanted)
    answer: t.PutImageTagMutabilityResponse = {
        "registryId": repository.account,
        "repositoryName": repository.name,
        "imageTagMutability": repository.mutability.setting,  # type: ignore[typeddict-item]
    }
    if repository.mutability.exclusions:
        answer["imageTagMutabilityExclusionFilters"] = filters(repository.mutability)
    return answer


@operation("ecr", "PutImageScanningConfiguration", resource=scope.repository)
def put_image_scanning_configuration(
    call: Call, req: t.PutImageScanningConfigurationRequest
) -> t.PutImageScanningConfigurationResponse:
    wanted = req["imageScanningConfiguration"].get("scanOnPush", False)
    key = scope.registry(call, req)
    repository = repositories.set_scan_on_push(call.reg, call.caller, key, req["repositoryName"], scan_on_push=wanted)
    return {
        "registryId": repository.account,
        "repositoryName": repository.name,
        "imageScanningConfiguration": {"scanOnPush": repository.scan_on_push},
    }
