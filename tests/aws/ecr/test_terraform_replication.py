"""Terraform: the replication configuration, of which there can only be none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.aws.ecr.asking import ACCOUNT, client
from tests.aws.ecr.test_terraform import env, provider  # noqa: F401  # fixtures
from tests.clients.processes import fail, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.clients.serving import Server

REGION = "ap-south-2"  # what Terraform sets for the registry is set there
MAIN = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "%s"
}

resource "aws_ecr_replication_configuration" "all" {%s}
"""
RULE = """
  replication_configuration {
    rule {
      destination {
        region      = "eu-west-1"
        registry_id = "%s"
      }
    }
  }
"""


def test_rules_are_refused(server: Server, env: dict[str, str], tmp_path: Path) -> None:  # noqa: F811
    """An apply with rules fails and says why; nothing is there afterwards, and so nothing is to destroy."""
    (tmp_path / "main.tf").write_text(MAIN % (REGION, RULE % ACCOUNT))
    terraform = ["terraform", f"-chdir={tmp_path}"]
    run([*terraform, "init", "-input=false"], env)
    told = fail([*terraform, "apply", "-auto-approve", "-input=false"], env)
    assert "Replication rules are not supported yet" in told
    assert "0 destroyed" in run([*terraform, "destroy", "-auto-approve", "-input=false"], env).decode()
    with client(server, region=REGION) as ecr:
        assert ecr.describe_registry()["replicationConfiguration"] == {"rules": []}


def test_destroy(env: dict[str, str], tmp_path: Path) -> None:  # noqa: F811
    """A state that has rules, as of a registry at AWS, can be destroyed: the provider sets that there are none.

    It has no way to apply or import a configuration without rules.
    """
    (tmp_path / "main.tf").write_text(MAIN % (REGION, ""))
    terraform = ["terraform", f"-chdir={tmp_path}"]
    run([*terraform, "init", "-input=false"], env)
    (tmp_path / "terraform.tfstate").write_text(json.dumps(a_state((tmp_path / ".terraform.lock.hcl").read_text())))
    told = run([*terraform, "destroy", "-auto-approve", "-input=false", "-refresh=false"], env).decode()
    assert "1 destroyed" in told
    assert run([*terraform, "state", "list"], env) == b""


def a_state(lock: str) -> dict[str, Any]:
    """A state with one rule; the lock file of Terraform names the provider in full."""
    name = lock.partition('provider "')[2].partition('"')[0]
    rule = {"destination": [{"region": "eu-west-1", "registry_id": ACCOUNT}], "repository_filter": []}
    attributes = {"id": ACCOUNT, "registry_id": ACCOUNT, "replication_configuration": [{"rule": [rule]}]}
    resource = {
        "mode": "managed",
        "type": "aws_ecr_replication_configuration",
        "name": "all",
        "provider": f'provider["{name}"]',
        "instances": [{"schema_version": 0, "attributes": attributes}],
    }
    return {"version": 4, "serial": 1, "lineage": "given", "outputs": {}, "resources": [resource]}
