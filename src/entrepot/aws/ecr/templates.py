"""Create-, Describe-, Update- and DeleteRepositoryCreationTemplate(s)."""

from __future__ import annotations

from entrepot.aws.ecr import scope
from entrepot.aws.ecr.repositories import filters, tag_map
from entrepot.aws.operation import ANY, Call, operation
from entrepot.aws.types import ecr as t
from entrepot.domain.errors import InvalidParameter, InvalidTagParameter
from entrepot.domain.templates import Template
from entrepot.registry import templates
from entrepot.registry.templates import Change


@operation("ecr", "CreateRepositoryCreationTemplate", resource=ANY)
def create_repository_creation_template(
    call: Call, req: t.CreateRepositoryCreationTemplateRequest
) -> t.CreateRepositoryCreationTemplateResponse:
    key = scope.registry(call, {})
    template = templates.create(call.reg, call.caller, key, req["prefix"], _change(req))
    return {"registryId": key.account, "repositoryCreationTemplate": shape(template)}


@operation("ecr", "DescribeRepositoryCreationTemplates", resource=ANY)
def describe_repository_creation_templates(
    call: Call, req: t.DescribeRepositoryCreationTemplatesRequest
) -> t.DescribeRepositoryCreationTemplatesResponse:
    key = scope.registry(call, {})
    found, token = templates.describe(call.reg, key, req.get("prefixes"), req.get("nextToken"), req.get("maxResults"))
    answer: t.DescribeRepositoryCreationTemplatesResponse = {
        "registryId": key.account,
        "repositoryCreationTemplates": [shape(template) for template in found],
    }
    if token:
        answer["nextToken"] = token
    return answer


@operation("ecr", "UpdateRepositoryCreationTemplate", resource=ANY)
def update_repository_creation_template(
    call: Call, req: t.UpdateRepositoryCreationTemplateRequest
) -> t.UpdateRepositoryCreationTemplateResponse:
    key = scope.registry(call, {})
    template = templates.update(call.reg, call.caller, key, req["prefix"], _change(req))
    return {"registryId": key.account, "repositoryCreationTemplate": shape(template)}


@operation("ecr", "DeleteRepositoryCreationTemplate", resource=ANY)
def delete_repository_creation_template(
    call: Call, req: t.DeleteRepositoryCreationTemplateRequest
) -> t.DeleteRepositoryCreationTemplateResponse:
    key = scope.registry(call, {})
    template = templates.delete(call.reg, call.caller, key, req["prefix"])
    return {"registryId": key.account, "repositoryCreationTemplate": shape(template)}


def shape(template: Template) -> t.RepositoryCreationTemplate:
    """A template as ECR describes it: texts that are not set are left out."""
    shown: t.RepositoryCreationTemplate = {
        "prefix": template.prefix,
        "encryptionConfiguration": {"encryptionType": template.encryption_type},  # type: ignore[typeddict-item]
        "resourceTags": [{"Key": key, "Value": value} for key, value in template.tags.items()],
        "imageTagMutability": template.mutability.setting,  # type: ignore[typeddict-item]
        "appliedFor": list(template.applied_for),  # type: ignore[arg-type]
        "createdAt": scope.seconds(template.created_at),
        "updatedAt": scope.seconds(template.updated_at),
    }
    if template.mutability.exclusions:
        shown["imageTagMutabilityExclusionFilters"] = filters(template.mutability)
    if template.description:
        shown["description"] = template.description
    if template.repository_policy:
        shown["repositoryPolicy"] = template.repository_policy
    if template.lifecycle_policy:
        shown["lifecyclePolicy"] = template.lifecycle_policy
    if template.custom_role_arn:
        shown["customRoleArn"] = template.custom_role_arn
    return shown


def _change(req: t.CreateRepositoryCreationTemplateRequest | t.UpdateRepositoryCreationTemplateRequest) -> Change:
    exclusions = req.get("imageTagMutabilityExclusionFilters")
    encryption = req.get("encryptionConfiguration")
    return Change(
        applied_for=req.get("appliedFor"),
        description=req.get("description"),
        mutability=req.get("imageTagMutability"),
        exclusions=None if exclusions is None else [item["filter"] for item in exclusions],
        encryption_type=None if encryption is None else encryption["encryptionType"],
        kms_key="" if encryption is None else encryption.get("kmsKey", ""),
        repository_policy=req.get("repositoryPolicy"),
        lifecycle_policy=req.get("lifecyclePolicy"),
        tags=None if "resourceTags" not in req else _tags(req["resourceTags"]),
        custom_role_arn=req.get("customRoleArn"),
    )


def _tags(tags: list[t.Tag]) -> dict[str, str]:
    try:
        return tag_map(tags)
    except InvalidTagParameter as error:
        raise InvalidParameter("resourceTags", str(error)) from error
