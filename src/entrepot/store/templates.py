"""The table of repository creation templates."""

from __future__ import annotations

import json

from entrepot.domain.repositories import Mutability
from entrepot.domain.templates import Template, spellings
from entrepot.store.db import Row, Tx

_COLUMNS = """
    t.prefix, t.applied_for, t.description, t.mutability, t.exclusions, t.encryption_type, t.kms_key,
    t.repository_policy, t.lifecycle_policy, t.resource_tags, t.custom_role_arn, t.created_at, t.updated_at
"""


def put(tx: Tx, registry: int, template: Template) -> None:
    """Write a template, over the one of exactly that prefix."""
    tx.run(
        """
        INSERT INTO creation_templates (registry, prefix, description, applied_for, mutability, exclusions,
            encryption_type, kms_key, repository_policy, lifecycle_policy, resource_tags, custom_role_arn,
            created_at, updated_at)
        VALUES (:registry, :prefix, :description, :applied_for, :mutability, :exclusions,
            :encryption_type, :kms_key, :repository_policy, :lifecycle_policy, :resource_tags, :custom_role_arn,
            :created_at, :updated_at)
        ON CONFLICT (registry, prefix) DO UPDATE SET
            description = excluded.description, applied_for = excluded.applied_for,
            mutability = excluded.mutability, exclusions = excluded.exclusions,
            encryption_type = excluded.encryption_type, kms_key = excluded.kms_key,
            repository_policy = excluded.repository_policy, lifecycle_policy = excluded.lifecycle_policy,
            resource_tags = excluded.resource_tags, custom_role_arn = excluded.custom_role_arn,
            updated_at = excluded.updated_at
        """,
        registry=registry,
        prefix=template.prefix,
        description=template.description,
        applied_for=json.dumps(template.applied_for),
        mutability=template.mutability.setting,
        exclusions=json.dumps(template.mutability.exclusions),
        encryption_type=template.encryption_type,
        kms_key=template.kms_key,
        repository_policy=template.repository_policy,
        lifecycle_policy=template.lifecycle_policy,
        resource_tags=json.dumps(dict(template.tags)),
        custom_role_arn=template.custom_role_arn,
        created_at=template.created_at,
        updated_at=template.updated_at,
    )


def find(tx: Tx, account: str, region: str, prefix: str) -> Template | None:
    """The template of that prefix, however its last slash is written."""
    bare, slashed = spellings(prefix)
    row = tx.one(
        f"""
        SELECT {_COLUMNS} FROM registries g JOIN creation_templates t ON t.registry = g.id
        WHERE g.account = :account AND g.region = :region AND t.prefix IN (:bare, :slashed)
        """,
        account=account,
        region=region,
        bare=bare,
        slashed=slashed,
    )
    return None if row is None else _template(row)


def page(tx: Tx, account: str, region: str, after: str, limit: int) -> list[Template]:
    """Up to `limit` templates of a registry by prefix, from the one after `after`."""
    rows = tx.all(
        f"""
        SELECT {_COLUMNS} FROM registries g JOIN creation_templates t ON t.registry = g.id
        WHERE g.account = :account AND g.region = :region AND t.prefix > :after
        ORDER BY t.prefix LIMIT :limit
        """,
        account=account,
        region=region,
        after=after,
        limit=limit,
    )
    return [_template(row) for row in rows]


def delete(tx: Tx, registry: int, prefix: str) -> None:
    """Remove the template of exactly that prefix."""
    tx.run(
        "DELETE FROM creation_templates WHERE registry = :registry AND prefix = :prefix",
        registry=registry,
        prefix=prefix,
    )


def _template(row: Row) -> Template:
    prefix, applied_for, description, setting, exclusions, encryption_type, kms_key, *rest = row
    repository_policy, lifecycle_policy, tags, role, created_at, updated_at = rest
    return Template(
        prefix=prefix,
        applied_for=tuple(json.loads(applied_for)),
        description=description,
        mutability=Mutability(setting, tuple(json.loads(exclusions))),
        encryption_type=encryption_type,
        kms_key=kms_key,
        repository_policy=repository_policy,
        lifecycle_policy=lifecycle_policy,
        tags=json.loads(tags),
        custom_role_arn=role,
        created_at=created_at,
        updated_at=updated_at,
    )
