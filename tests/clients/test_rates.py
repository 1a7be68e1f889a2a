"""Request rates of a server with several workers, and of regions that are made up."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from .processes import environment
from .serving import Server, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CALLS = 12
SECONDS = 20


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with three workers that lets an account list its repositories about once in 17 minutes."""
    chosen = {"ENTREPOT_LIMITS__API_RATES": "DescribeRepositories=0.001"}
    with serving(tmp_path, environment(tmp_path) | chosen, workers=3) as running:
        yield running


def client(server: Server, region: str) -> Any:
    """A client that tries once, on a connection of its own."""
    create: Any = boto3.client  # typed for the services that it knows by literal names
    return create(
        "ecr",
        endpoint_url=server.env["AWS_ENDPOINT_URL"],
        region_name=region,
        aws_access_key_id=server.env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=server.env["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"total_max_attempts": 1}),
    )


def allowed(server: Server, region: str) -> int:
    """How many of some calls are let through, whatever worker has each."""
    through = 0
    for _ in range(CALLS):
        ecr = client(server, region)
        try:
            ecr.describe_repositories()
            through += 1
        except ClientError as error:
            if error.response["Error"]["Code"] != "ThrottlingException":
                raise
        finally:
            ecr.close()
    return through


def test_rates(server: Server) -> None:
    """All workers count together; regions where nobody has a repository are one; a region that is used is its own."""
    assert allowed(server, "us-east-1") == 1
    assert [allowed(server, region) for region in ("mars-1", "mars-2", "eu-west-1")] == [1, 0, 0]
    ecr = client(server, "eu-west-1")
    ecr.create_repository(repositoryName="there")
    ecr.close()
    until = time.monotonic() + SECONDS
    while not (through := allowed(server, "eu-west-1")) and time.monotonic() < until:
        time.sleep(0.2)
    assert [through, allowed(server, "eu-west-1"), allowed(server, "mars-3")] == [1, 0, 0]
