"""RegisterPullTimeUpdateExclusion and its like, asked by boto3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.aws.ecr.asking import ACCOUNT, ROOT, invalid, plain, refused

if TYPE_CHECKING:
    from collections.abc import Callable

ROLE = f"arn:aws:iam::{ACCOUNT}:role/ci/scanner"
PATTERN = r"^arn:aws(-[a-z]+)*:iam::[0-9]{12}:(role|user)/[\w+=,.@-]+(/[\w+=,.@-]+)*$"


def test_exclusions(elsewhere: Callable[[str], Any]) -> None:
    """A principal is registered once, listed, and deregistered once."""
    ecr = elsewhere("ca-central-1")
    assert plain(ecr.list_pull_time_update_exclusions()) == {"pullTimeUpdateExclusions": []}
    made = ecr.register_pull_time_update_exclusion(principalArn=ROLE)
    assert (made["principalArn"], made["createdAt"].year > 2000) == (ROLE, True)
    with refused(
        "ExclusionAlreadyExistsException",
        "The specified pull time update exclusion already exists for the registry.",
    ):
        ecr.register_pull_time_update_exclusion(principalArn=ROLE)
    assert plain(ecr.list_pull_time_update_exclusions()) == {"pullTimeUpdateExclusions": [ROLE]}
    assert plain(ecr.deregister_pull_time_update_exclusion(principalArn=ROLE)) == {"principalArn": ROLE}
    with refused("ExclusionNotFoundException", "The specified pull time update exclusion was not found."):
        ecr.deregister_pull_time_update_exclusion(principalArn=ROLE)


def test_limit_and_pages(elsewhere: Callable[[str], Any]) -> None:
    """A hundred are the most; they come in pages by ARN."""
    ecr = elsewhere("ca-west-1")
    names = [f"{ROLE}-{number:03}" for number in range(100)]
    for name in reversed(names):
        ecr.register_pull_time_update_exclusion(principalArn=name)
    with refused("LimitExceededException", "The registry has the maximum of 100 pull time update exclusions."):
        ecr.register_pull_time_update_exclusion(principalArn=ROLE)
    whole = {"pullTimeUpdateExclusions": names}
    assert plain(ecr.list_pull_time_update_exclusions()) == whole
    assert plain(ecr.list_pull_time_update_exclusions(maxResults=1000)) == whole
    found: list[str] = []
    asked: dict[str, Any] = {"maxResults": 33}
    for size in (33, 33, 33, 1):
        page = ecr.list_pull_time_update_exclusions(**asked)
        assert len(page["pullTimeUpdateExclusions"]) == size
        found += page["pullTimeUpdateExclusions"]
        asked["nextToken"] = page.get("nextToken")
    assert (found, asked["nextToken"]) == (names, None)


def test_tokens(ecr: Any, elsewhere: Callable[[str], Any]) -> None:
    """A token that is altered, or of another registry, is refused."""
    ours = elsewhere("sa-east-1")
    for number in range(2):
        ours.register_pull_time_update_exclusion(principalArn=f"{ROLE}{number}")
    token = ours.list_pull_time_update_exclusions(maxResults=1)["nextToken"]
    for client, text in ((ecr, token), (ours, token[:-4] + "AAA="), (ours, ""), (ours, "x")):
        with invalid("nextToken", "Invalid token"):
            client.list_pull_time_update_exclusions(nextToken=text)


@pytest.mark.parametrize("arn", ["", "me", ROOT, f"{ROLE}/*", f"arn:aws:sts::{ACCOUNT}:assumed-role/x/y", f"{ROLE}\n"])
def test_principals(raw: Any, arn: str) -> None:
    """Users and roles can be excluded, nobody else."""
    with invalid("principalArn", f"Member must satisfy regular expression pattern: {PATTERN}"):
        raw.register_pull_time_update_exclusion(principalArn=arn)
    with invalid("principalArn", f"Member must satisfy regular expression pattern: {PATTERN}"):
        raw.deregister_pull_time_update_exclusion(principalArn=arn)
