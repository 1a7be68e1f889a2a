"""Repositories that a push makes from a template, on both databases."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from tests.factories import ACCOUNT, KEY, a_caller, a_manifest, a_repository, push

from entrepot.domain import errors as e
from entrepot.domain.digests import of
from entrepot.domain.images import ImageId
from entrepot.domain.principals import Caller
from entrepot.domain.quotas import Quotas
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Mutability
from entrepot.registry import creation, images, repositories, templates, uploads
from entrepot.registry.context import Registry
from entrepot.registry.templates import Change
from entrepot.store import lifecycle, policies

CALLER = a_caller("ecr:InitiateLayerUpload")
ARN = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/prod/app"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/templates"
POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:BatchGetImage"}]}'
LIFECYCLE = (
    '{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"imageCountMoreThan",'
    '"countNumber":3},"action":{"type":"expire"}}]}'
)
ON_PUSH = Change(applied_for=["CREATE_ON_PUSH"])


def a_template(reg: Registry, prefix: str = "prod", change: Change = ON_PUSH) -> None:
    templates.create(reg, a_caller(), KEY, prefix, change)


def there(reg: Registry) -> list[str]:
    found, _ = repositories.describe(reg, KEY, None, None, None)
    return [repository.name for repository in found]


def test_everything_of_the_template(reg: Registry) -> None:
    """Settings, policies and tags are the template's, and the audit row names who pushed."""
    a_template(
        reg,
        change=Change(
            applied_for=["CREATE_ON_PUSH"],
            mutability="IMMUTABLE_WITH_EXCLUSION",
            exclusions=["dev-*"],
            repository_policy=POLICY,
            lifecycle_policy=LIFECYCLE,
            tags={"team": "a"},
            custom_role_arn=ROLE,
        ),
    )
    uploads.start(reg, CALLER, KEY, "prod/app")
    [made], _ = repositories.describe(reg, KEY, ["prod/app"], None, None)
    assert made.mutability == Mutability("IMMUTABLE_WITH_EXCLUSION", ("dev-*",))
    assert (made.scan_on_push, made.encryption_type) == (False, "AES256")
    assert repositories.tags(reg, a_caller(), ARN) == {"team": "a"}
    assert reg.db.read(lambda tx: policies.of_repository(tx, made.id)) == policies.Written(POLICY)
    stored = reg.db.read(lambda tx: lifecycle.find(tx, made.id))
    assert stored is not None
    assert (stored.text, stored.version) == (LIFECYCLE, 1)
    [row] = [row for row in _audited(reg) if row[0] == "ecr:CreateRepository"]
    assert row[1:] == (
        CALLER.principal.arn,
        ARN,
        {
            "repositoryName": "prod/app",
            "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
            "creationTemplate": "prod",
        },
    )


def _audited(reg: Registry) -> list[tuple[str, str, str, dict[str, object]]]:
    sql = "SELECT action, principal, resource, parameters FROM audit ORDER BY id"
    rows = reg.db.read(lambda tx: tx.all(sql))
    return [(action, principal, resource, json.loads(told)) for action, principal, resource, told in rows]


@pytest.mark.parametrize("name", ["prod/app", "prod/team/app", "elsewhere/app", "app"])
def test_the_longest_prefix_decides(reg: Registry, name: str) -> None:
    """Of several templates the one of the longest prefix is taken, ROOT where no other matches."""
    for prefix, mutability in (("ROOT", "MUTABLE"), ("prod/", "IMMUTABLE"), ("prod/team", "MUTABLE")):
        a_template(reg, prefix, Change(applied_for=["CREATE_ON_PUSH"], mutability=mutability))
    uploads.start(reg, CALLER, KEY, name)
    [made], _ = repositories.describe(reg, KEY, [name], None, None)
    expected = "IMMUTABLE" if name == "prod/app" else "MUTABLE"
    assert made.mutability.setting == expected


def test_a_longer_prefix_hides_a_shorter_one(reg: Registry) -> None:
    """Below a template without CREATE_ON_PUSH nothing is made, whatever ROOT says."""
    a_template(reg, "ROOT")
    a_template(reg, "prod", Change(applied_for=["REPLICATION"]))
    with pytest.raises(e.RepositoryNotFound):
        uploads.start(reg, CALLER, KEY, "prod/app")
    uploads.start(reg, CALLER, KEY, "prod2/app")
    assert there(reg) == ["prod2/app"]


def test_every_way_to_push(reg: Registry) -> None:
    """An upload, a mount and a manifest make the repository; reading does not."""
    a_template(reg)
    a_repository(reg, "team/app")
    uploads.start(reg, CALLER, KEY, "prod/0")
    assert there(reg) == ["prod/0", "team/app"]
    assert uploads.mount(reg, CALLER, KEY, "prod/1", of(b"not there"), "team/app") is None
    assert there(reg) == ["prod/0", "prod/1", "team/app"]
    images.put(reg, CALLER, KEY, "prod/2", images.Push(a_manifest(b"layer"), None, ("1",), None), sparse=True)
    assert there(reg) == ["prod/0", "prod/1", "prod/2", "team/app"]
    with pytest.raises(e.RepositoryNotFound):
        images.head(reg, KEY, "prod/read", ImageId(None, "1"))
    with pytest.raises(e.RepositoryNotFound):
        uploads.standing(reg, CALLER, KEY, "prod/read", "0" * 8)
    assert there(reg) == ["prod/0", "prod/1", "prod/2", "team/app"]


def test_a_push_that_fails_leaves_nothing(reg: Registry) -> None:
    """A manifest whose blobs are missing makes no repository."""
    a_template(reg)
    with pytest.raises(e.LayersNotFound):
        push(reg, a_manifest(b"layer"), "1", name="prod/app")
    assert there(reg) == []
    assert "ecr:CreateRepository" not in {row[0] for row in _audited(reg)}


def test_the_pusher_may_create(reg: Registry) -> None:
    """A caller without ecr:CreateRepository gets AccessDenied for that action, and nothing is made."""
    theirs: Caller = a_caller("ecr:InitiateLayerUpload", account="999999999999")
    with pytest.raises(e.RepositoryNotFound):
        uploads.start(reg, theirs, KEY, "prod/app")
    a_template(reg)
    with pytest.raises(e.AccessDenied) as caught:
        uploads.start(reg, theirs, KEY, "prod/app")
    assert (caught.value.action, caught.value.resource) == ("ecr:CreateRepository", ARN)
    assert there(reg) == []


def test_another_region(reg: Registry) -> None:
    """A template makes repositories in its own registry only."""
    a_template(reg)
    with pytest.raises(e.RepositoryNotFound):
        uploads.start(reg, replace(CALLER, region="eu-west-1"), RegistryKey(ACCOUNT, "eu-west-1"), "prod/app")


def test_tags_need_a_role(reg: Registry) -> None:
    """A template with tags and without a role fails the push, and says so."""
    a_template(reg, change=Change(applied_for=["CREATE_ON_PUSH"], tags={"k": "v"}))
    with pytest.raises(e.CreationFailed) as caught:
        uploads.start(reg, CALLER, KEY, "prod/app")
    assert "customRoleArn" in str(caught.value)
    assert there(reg) == []


def test_one_repository_too_many(reg: Registry) -> None:
    """Above the quota of repositories the push fails, and says so."""
    a_template(reg)
    a_repository(reg)
    full = replace(reg, quotas=Quotas(repositories_per_registry=1))
    with pytest.raises(e.CreationFailed) as caught:
        uploads.start(full, CALLER, KEY, "prod/app")
    assert "1 repositories" in str(caught.value)
    assert there(reg) == ["team/app"]


def test_pushes_at_the_same_time(reg: Registry) -> None:
    """Four uploads at once to each of two new names: each name is made once, and every upload starts."""
    a_template(reg)
    together = Barrier(8)

    def start(number: int) -> str:
        together.wait(10)
        return uploads.start(reg, CALLER, KEY, f"prod/{number % 2}")

    with ThreadPoolExecutor(8) as threads:
        started = list(threads.map(start, range(8)))
    assert len(set(started)) == 8
    assert there(reg) == ["prod/0", "prod/1"]
    assert [row[0] for row in _audited(reg)].count("ecr:CreateRepository") == 2


def test_what_is_there_is_found(reg: Registry) -> None:
    """A repository that is there is given as it is, template or not."""
    made = a_repository(reg, "prod/app")
    a_template(reg, change=Change(applied_for=["CREATE_ON_PUSH"], mutability="IMMUTABLE"))
    assert reg.db.write(lambda tx: creation.find(tx, reg, CALLER, KEY, "prod/app")) == made
