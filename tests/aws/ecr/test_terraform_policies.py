"""Terraform: policies of a repository and of the registry, account settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.aws.ecr.asking import ACCOUNT, OTHER_ACCOUNT, client, refused
from tests.aws.ecr.test_terraform import env, provider  # noqa: F401  # fixtures
from tests.clients.processes import run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.clients.serving import Server

REGION = "ap-south-1"  # what Terraform sets for the registry is set there
MAIN = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "%(region)s"
}

variable "principal" {}
variable "action" {}
variable "scope" {}

resource "aws_ecr_repository" "app" {
  name = "%(name)s"
}

data "aws_iam_policy_document" "repository" {
  statement {
    sid     = "new policy"
    actions = ["ecr:BatchGetImage", var.action]
    principals {
      type        = "AWS"
      identifiers = [var.principal]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalTag/team"
      values   = ["core"]
    }
  }
}

resource "aws_ecr_repository_policy" "app" {
  repository = aws_ecr_repository.app.name
  policy     = data.aws_iam_policy_document.repository.json
}

resource "aws_ecr_registry_policy" "all" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "replication"
      Effect    = "Allow"
      Principal = { AWS = var.principal }
      Action    = ["ecr:ReplicateImage"]
      Resource  = ["arn:aws:ecr:%(region)s:%(account)s:repository/*"]
    }]
  })
}

resource "aws_ecr_account_setting" "scan" {
  name  = "BASIC_SCAN_TYPE_VERSION"
  value = "AWS_NATIVE"
}

resource "aws_ecr_account_setting" "scope" {
  name  = "REGISTRY_POLICY_SCOPE"
  value = var.scope
}
"""


def test_policies(server: Server, env: dict[str, str], tmp_path: Path, fresh: str) -> None:  # noqa: F811
    """Create, a plan that is clean, a change, clean again, destroy; the settings stay, as Terraform leaves them."""
    (tmp_path / "main.tf").write_text(MAIN % {"name": fresh, "region": REGION, "account": ACCOUNT})
    terraform = ["terraform", f"-chdir={tmp_path}"]

    def apply(ecr: Any, **values: str) -> None:
        (tmp_path / "terraform.tfvars.json").write_text(json.dumps(values))
        run([*terraform, "apply", "-auto-approve", "-input=false"], env)
        run([*terraform, "plan", "-input=false", "-detailed-exitcode"], env)
        [shown] = json.loads(ecr.get_repository_policy(repositoryName=fresh)["policyText"])["Statement"]
        assert (shown["Principal"], values["action"] in shown["Action"]) == ({"AWS": values["principal"]}, True)
        [shown] = json.loads(ecr.get_registry_policy()["policyText"])["Statement"]
        assert shown["Principal"] == {"AWS": values["principal"]}
        assert ecr.get_account_setting(name="REGISTRY_POLICY_SCOPE")["value"] == values["scope"]

    run([*terraform, "init", "-input=false"], env)
    with client(server, region=REGION) as ecr:
        apply(ecr, principal=f"arn:aws:iam::{OTHER_ACCOUNT}:root", action="ecr:GetDownloadUrlForLayer", scope="V1")
        apply(ecr, principal=f"arn:aws:iam::{OTHER_ACCOUNT}:role/ci/x", action="ecr:PutImage", scope="V2")
        run([*terraform, "destroy", "-auto-approve", "-input=false"], env)
        with refused(
            "RegistryPolicyNotFoundException", f"Registry policy does not exist in the registry with id '{ACCOUNT}'"
        ):
            ecr.get_registry_policy()
        assert ecr.get_account_setting(name="REGISTRY_POLICY_SCOPE")["value"] == "V2"
