"""Policy documents that tests of IAM send."""

from __future__ import annotations

import json
from typing import Any


def allow(*actions: str, **more: Any) -> str:
    """An identity policy that allows these actions on everything."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(principal: Any = None, action: str = "sts:AssumeRole", **more: Any) -> str:
    """A trust policy, of EC2 where no other principal is named."""
    statement = {"Effect": "Allow", "Principal": principal or {"Service": "ec2.amazonaws.com"}, "Action": action}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **more}]})
