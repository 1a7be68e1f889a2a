"""Creating, changing, finding and removing templates, on both databases."""

from __future__ import annotations

import json

import pytest
from tests.factories import ACCOUNT, KEY, Clock, a_caller

from entrepot.domain import errors as e
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Mutability
from entrepot.domain.templates import Template
from entrepot.registry import repositories, templates
from entrepot.registry.context import Registry
from entrepot.registry.templates import Change
from entrepot.store import audit as audit_table

ON_PUSH = Change(applied_for=["CREATE_ON_PUSH"])
DEEP = '{"a":' * 5000


def create(reg: Registry, prefix: str, change: Change = ON_PUSH) -> Template:
    return templates.create(reg, a_caller("ecr:CreateRepositoryCreationTemplate"), KEY, prefix, change)


def described(reg: Registry, *prefixes: str) -> list[Template]:
    return templates.describe(reg, KEY, prefixes, None, None)[0]


def test_a_life(reg: Registry, clock: Clock) -> None:
    """A template is made, found, changed and removed; its times say when."""
    made = create(reg, "prod")
    assert made == Template("prod", ("CREATE_ON_PUSH",), created_at=clock.at, updated_at=clock.at)
    assert described(reg, "prod") == [made]
    clock.forward(5)
    change = Change(description="d", mutability="IMMUTABLE")
    changed = templates.update(reg, a_caller(), KEY, "prod/", change)
    assert (changed.prefix, changed.description, changed.mutability) == ("prod", "d", Mutability("IMMUTABLE"))
    assert (changed.created_at, changed.updated_at) == (made.created_at, clock.at)
    assert described(reg, "prod") == [changed]
    assert templates.delete(reg, a_caller(), KEY, "prod/") == changed
    assert described(reg, "prod") == []
    with pytest.raises(e.TemplateNotFound):
        templates.delete(reg, a_caller(), KEY, "prod")
    with pytest.raises(e.TemplateNotFound):
        templates.update(reg, a_caller(), KEY, "prod", Change())


def test_twice(reg: Registry) -> None:
    """A prefix is taken once in a registry, with or without its slash, and free in another region."""
    create(reg, "prod/")
    for prefix in ("prod", "prod/"):
        with pytest.raises(e.TemplateAlreadyExists):
            create(reg, prefix)
    create(reg, "prod/team")
    templates.create(reg, a_caller(), RegistryKey(ACCOUNT, "eu-west-1"), "prod", ON_PUSH)


def test_exclusions_alone(reg: Registry) -> None:
    """Filters that come without a setting belong to the one that is there, which has to take some."""
    create(reg, "prod", Change(applied_for=[], mutability="IMMUTABLE_WITH_EXCLUSION", exclusions=["a"]))
    changed = templates.update(reg, a_caller(), KEY, "prod", Change(exclusions=["b"]))
    assert changed.mutability == Mutability("IMMUTABLE_WITH_EXCLUSION", ("b",))
    create(reg, "dev")
    with pytest.raises(e.InvalidParameter):
        templates.update(reg, a_caller(), KEY, "dev", Change(exclusions=["b"]))


@pytest.mark.parametrize("text", ["{", "[]", "{}", DEEP, '{"Version":"2012-10-17","Version":"2012-10-17"}'])
def test_policies_that_cannot_be_read(reg: Registry, text: str) -> None:
    """Neither kind is kept, and nothing else of the change."""
    create(reg, "prod")
    for change, error in (
        (Change(description="d", repository_policy=text), e.PolicyInvalid),
        (Change(description="d", lifecycle_policy=text), e.LifecyclePolicyInvalid),
    ):
        with pytest.raises(error):
            templates.update(reg, a_caller(), KEY, "prod", change)
        with pytest.raises(error):
            create(reg, "dev", change)
    assert described(reg, "prod", "dev") == [described(reg, "prod")[0]]
    assert described(reg, "prod")[0].description == ""


def test_pages(reg: Registry) -> None:
    """Pages follow each other, and a token of another list is refused."""
    for number in range(5):
        create(reg, f"p{number}")
    token, found = None, []
    for _ in range(3):
        page, token = templates.describe(reg, KEY, None, token, 2)
        found.append([template.prefix for template in page])
    assert (found, token) == ([["p0", "p1"], ["p2", "p3"], ["p4"]], None)
    for name in ("aa", "bb"):
        _repository(reg, name)
    _, theirs = repositories.describe(reg, KEY, None, None, 1)
    with pytest.raises(e.InvalidParameter):
        templates.describe(reg, KEY, None, theirs, 2)


def _repository(reg: Registry, name: str) -> None:
    settings = {"mutability": Mutability(), "scan_on_push": False, "encryption_type": "AES256", "tags": {}}
    repositories.create(reg, a_caller(), KEY, name, **settings)  # type: ignore[arg-type]


def test_changes_are_audited_with_them(reg: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each change has a row; where the row cannot be written, nothing changed."""
    create(reg, "prod")
    templates.update(reg, a_caller(), KEY, "prod", Change(description="d"))
    templates.delete(reg, a_caller(), KEY, "prod")
    rows = reg.db.read(lambda tx: tx.all("SELECT parameters FROM audit ORDER BY id"))
    told = {"prefix": "prod", "appliedFor": ["CREATE_ON_PUSH"]}
    assert [json.loads(text) for (text,) in rows] == [told, told, {"prefix": "prod"}]

    def fail(*_: object) -> None:
        raise e.StorageFull

    monkeypatch.setattr(audit_table, "insert", fail)
    with pytest.raises(e.StorageFull):
        create(reg, "prod")
    assert described(reg, "prod") == []
