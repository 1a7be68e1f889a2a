"""Terraform's start with `skip_credentials_validation`: it asks GetUser for the account instead of STS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.aws.ecr.asking import ACCOUNT, ROOT
from tests.aws.ecr.test_terraform import CLI_CONFIG, provider
from tests.clients.processes import run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.clients.serving import Server

__all__ = ["provider"]  # a fixture

MAIN = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  skip_credentials_validation = true
}

resource "aws_ecr_repository" "app" {
  name         = "started/without-sts"
  force_delete = true
}

data "aws_caller_identity" "me" {}

output "me" {
  value = {
    arn      = data.aws_caller_identity.me.arn
    registry = aws_ecr_repository.app.registry_id
  }
}
"""


def test_start(server: Server, provider: Path, tmp_path: Path) -> None:
    """The account is found by root's GetUser, and a second plan is empty."""
    (tmp_path / "terraform.rc").write_text(CLI_CONFIG % provider, "utf-8")
    kept = {name: value for name, value in server.env.items() if not name.startswith("TF_")}
    env = kept | {"TF_CLI_CONFIG_FILE": str(tmp_path / "terraform.rc"), "TF_IN_AUTOMATION": "1"}
    folder = tmp_path / "main"
    folder.mkdir()
    (folder / "main.tf").write_text(MAIN, "utf-8")
    terraform = ["terraform", f"-chdir={folder}"]
    run([*terraform, "init", "-input=false"], env)
    run([*terraform, "apply", "-auto-approve", "-input=false"], env)
    made = json.loads(run([*terraform, "output", "-json", "me"], env))
    assert made == {"arn": ROOT, "registry": ACCOUNT}
    run([*terraform, "plan", "-input=false", "-detailed-exitcode"], env)
    run([*terraform, "destroy", "-auto-approve", "-input=false"], env)
