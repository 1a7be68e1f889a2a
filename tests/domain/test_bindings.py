"""Principals and the unique ids that they are bound to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from entrepot.domain import bindings, policies
from entrepot.domain.errors import MalformedPolicyDocument, PolicyInvalid
from entrepot.domain.policies import Kind

A = "123456789012"
USER, ROLE = f"arn:aws:iam::{A}:user/dev/alice", f"arn:aws:iam::{A}:role/push"
ID, ROLE_ID = "AIDAJQABLZS4A3QDU576Q", "AROAJQABLZS4A3QDU576Q"
RUN = f"arn:aws:sts::{A}:assumed-role/push/run"


def text(*principals: Any) -> str:
    statements = [
        {"Effect": "Deny", "NotPrincipal" if at else "Principal": one, "Action": "ecr:*"}
        for at, one in enumerate(principals)
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def test_who_is_named() -> None:
    """Users, roles and sessions of roles, each once; no accounts, services, providers, nor everybody."""
    written = text(
        {"AWS": [USER, A, ROLE], "Service": "ecs.amazonaws.com"}, {"AWS": [RUN, USER, f"arn:aws:iam::{A}:root"]}
    )
    assert bindings.named(policies.parse(written, Kind.REPOSITORY)) == (USER, ROLE, RUN)
    assert bindings.named(policies.parse(text("*"), Kind.REPOSITORY)) == ()
    ids = text({"AWS": [ID, f"{ROLE_ID}:run"]})
    assert bindings.named(policies.parse(ids, Kind.REPOSITORY)) == (ID, f"{ROLE_ID}:run")


def test_parts() -> None:
    """The name of a session stands beside its role's; a path is no part of a name."""
    assert bindings.parts(USER) == (A, "user", "alice", "")
    assert bindings.parts(ROLE) == (A, "role", "push", "")
    assert bindings.parts(RUN) == (A, "role", "push", "run")
    with pytest.raises(ValueError, match="names no user or role"):
        bindings.parts(f"arn:aws:iam::{A}:root")


def test_unique_ids() -> None:
    """An id is told from an ARN, and the name of a session from its role's id."""
    assert bindings.unique_id(ID) == (ID, "")
    assert bindings.unique_id(f"{ROLE_ID}:run") == (ROLE_ID, "run")
    assert bindings.unique_id(USER) is None


def test_how_they_are_kept() -> None:
    """What is written is read, and nothing is nothing."""
    assert bindings.read(bindings.to_text({USER: "AIDA1"})) == {USER: "AIDA1"}
    assert (bindings.to_text({}), bindings.read("")) == ("", {})


def test_other_names() -> None:
    """Principals alone get other names; without any the text stays to the letter, odd as it is."""
    written = ' {"Statement" :{"Sid":"é","Effect":"Allow","Action":"ecr:*","Principal":{"AWS":"USER"}}} '
    written = written.replace("USER", USER)
    assert bindings.renamed(written, {}) == written
    found = json.loads(bindings.renamed(written, {USER: "AIDA1"}))
    assert found["Statement"] == {"Sid": "é", "Effect": "Allow", "Action": "ecr:*", "Principal": {"AWS": "AIDA1"}}
    several = json.loads(bindings.renamed(text({"AWS": [USER, ROLE]}, {"AWS": [ROLE, A]}), {ROLE: "AROA1"}))
    assert several["Statement"][0]["Principal"] == {"AWS": [USER, "AROA1"]}
    assert several["Statement"][1]["NotPrincipal"] == {"AWS": ["AROA1", A]}
    condition = {"ArnEquals": {"aws:PrincipalArn": USER}}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "ecr:*", "Condition": condition}
    assert json.loads(bindings.renamed(json.dumps({"Statement": [statement]}), {USER: "AIDA1"})) == {
        "Statement": [statement]
    }


def test_refusals() -> None:
    """Each kind of policy is refused in the words of its service."""
    trust = bindings.not_found(Kind.TRUST, USER)
    assert isinstance(trust, MalformedPolicyDocument)
    assert str(trust) == f'Invalid principal in policy: "AWS":"{USER}"'
    repository = bindings.not_found(Kind.REPOSITORY, USER)
    assert isinstance(repository, PolicyInvalid)
    assert "'Invalid repository policy provided'. Principal not found" in str(repository)
    gone = "The account has no user or role with this unique id: who had it was deleted. Name somebody by an ARN"
    assert str(bindings.not_found(Kind.TRUST, ID)) == f'Invalid principal in policy: "AWS":"{ID}". {gone}'
    assert f"Principal not found: {ID}. {gone}" in str(bindings.not_found(Kind.REGISTRY, ID))
