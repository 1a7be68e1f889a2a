"""CreateRepository, DescribeRepositories, DeleteRepository."""

from __future__ import annotations

from entrepot.aws.ecr import scope
from entrepot.aws.operation import Call, operation
from entrepot.aws.types import ecr as t
from entrepot.domain import repositories as rules
from entrepot.domain.errors import InvalidParameter, InvalidTagParameter
from entrepot.domain.repositories import Mutability, Repository
from entrepot.registry import repositories


@operation("ecr", "CreateRepository", resource=scope.repository)
def create_repository(call: Call, req: t.CreateRepositoryRequest) -> t.CreateRepositoryResponse:
    repository = repositories.create(
        call.reg,
        call.caller,
        scope.registry(call, req),
        req["repositoryName"],
        mutability=mutability(req.get("imageTagMutability", rules.MUTABLE), req),
        scan_on_push=req.get("imageScanningConfiguration", {}).get("scanOnPush", False),
        encryption_type=_encryption_type(req),
        tags=tag_map(req.get("tags", [])),
    )
    return {"repository": shape(call, repository)}


@operation("ecr", "DescribeRepositories", resource=scope.repositories)
def describe_repositories(call: Call, req: t.DescribeRepositoriesRequest) -> t.DescribeRepositoriesResponse:
    wanted = req.get("repositoryNames")
    refuse_paging_of(req, "repositoryNames", wanted)
    found, token = repositories.describe(
        call.reg, scope.registry(call, req), wanted, req.get("nextToken"), req.get("maxResults")
    )
    answer: t.DescribeRepositoriesResponse = {"repositories": [shape(call, repository) for repository in found]}
    if token:
        answer["nextToken"] = token
    return answer


@operation("ecr", "DeleteRepository", resource=scope.repository)
def delete_repository(call: Call, req: t.DeleteRepositoryRequest) -> t.DeleteRepositoryResponse:
    key = scope.registry(call, req)
    force = req.get("force", False)
    return {
        "repository": shape(call, repositories.delete(call.reg, call.caller, key, req["repositoryName"], force=force))
    }


def shape(call: Call, repository: Repository) -> t.Repository:
    """A repository as ECR describes it."""
    shown: t.Repository = {
        "repositoryArn": repositories.arn(repository),
        "registryId": repository.account,
        "repositoryName": repository.name,
        "repositoryUri": call.reg.naming.repository_uri(repository.account, repository.region, repository.name),
        "createdAt": scope.seconds(repository.created_at),
        "imageTagMutability": repository.mutability.setting,  # type: ignore[typeddict-item]
        "imageScanningConfiguration": {"scanOnPush": repository.scan_on_push},
        "encryptionConfiguration": {"encryptionType": repository.encryption_type},  # type: ignore[typeddict-item]
    }
    if repository.mutability.exclusions:
        shown["imageTagMutabilityExclusionFilters"] = filters(repository.mutability)
    return shown


def _encryption_type(req: t.CreateRepositoryRequest) -> str:
    """How the repository is to be encrypted. Raises InvalidParameter for a key that would not be used."""
    wanted = req.get("encryptionConfiguration")
    if wanted is None:
        return "AES256"
    if wanted["encryptionType"] == "AES256" and "kmsKey" in wanted:
        raise InvalidParameter("encryptionConfiguration", "kmsKey cannot be used with encryptionType AES256")
    return wanted["encryptionType"]


def filters(mutability: Mutability) -> list[t.ImageTagMutabilityExclusionFilter]:
    return [{"filterType": "WILDCARD", "filter": pattern} for pattern in mutability.exclusions]


def mutability(setting: str, req: t.CreateRepositoryRequest | t.PutImageTagMutabilityRequest) -> Mutability:
    """The mutability that a request sets. Raises InvalidParameter where filters and setting disagree."""
    exclusions = req.get("imageTagMutabilityExclusionFilters")
    return rules.mutability(setting, [item["filter"] for item in exclusions] if exclusions else None)


def tag_map(tags: list[t.Tag]) -> dict[str, str]:
    """Resource tags by key. Raises InvalidTagParameter for a key that comes twice or a tag without one."""
    found = {tag.get("Key", ""): tag.get("Value", "") for tag in tags}
    if len(found) != len(tags):
        raise InvalidTagParameter("Duplicate tag keys found.")
    return found


def refuse_paging_of(req: t.DescribeRepositoriesRequest | t.DescribeImagesRequest, member: str, wanted: object) -> None:
    """Refuse pages of a list that the request spells out. (ECR API: "This option cannot be used when you specify…")"""
    if wanted is None:
        return
    for option in ("maxResults", "nextToken"):
        if option in req:
            raise InvalidParameter(option, f"{option} cannot be used with {member}")
