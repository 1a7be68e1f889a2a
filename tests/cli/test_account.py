"""`entrepot account` and `entrepot keys` beside a running server."""

from __future__ import annotations

import base64
import json
import sqlite3
import sys
import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.clients.processes import environment, fail, run
from tests.clients.serving import Server, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = (sys.executable, "-m", "entrepot")
OTHER = "210987654321"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), environment(tmp_path_factory.mktemp("home")), 2) as running:
        yield running


def entrepot(server: Server, *words: str) -> Any:
    """What a command says in JSON, one value for each line."""
    lines = run([*COMMAND, *words, "--json"], _own(server)).decode().splitlines()
    return [json.loads(line) for line in lines]


def _own(server: Server) -> dict[str, str]:
    return {name: value for name, value in server.env.items() if not name.startswith("AWS_")}


def client(server: Server, service: str, key: str, secret: str) -> Any:
    create: Any = boto3.client
    return create(
        service,
        endpoint_url=server.env["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}),
    )


def root(server: Server, service: str) -> Any:
    return client(server, service, server.env["AWS_ACCESS_KEY_ID"], server.env["AWS_SECRET_ACCESS_KEY"])


def test_an_account(server: Server) -> None:
    """Its root is known at once on every worker, is in it alone, and is refused when it is deleted."""
    (made,) = entrepot(server, "account", "create", "staging", "--number", OTHER)
    assert (made["account"], made["name"]) == (OTHER, "staging")
    keys = (made["accessKeyId"], made["secretAccessKey"])
    sts = client(server, "sts", *keys)
    for _ in range(8):
        assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{OTHER}:root"
    listed = entrepot(server, "account", "list")
    assert [(each["account"], each["name"]) for each in listed] == [("123456789012", "default"), (OTHER, "staging")]
    ecr = client(server, "ecr", *keys)
    ecr.create_repository(repositoryName="team/theirs")
    assert [each["registryId"] for each in ecr.describe_repositories()["repositories"]] == [OTHER]
    assert "has 1 repositories: delete them first" in fail([*COMMAND, "account", "delete", "staging"], _own(server))
    ecr.delete_repository(repositoryName="team/theirs")
    entrepot(server, "account", "delete", "staging")
    time.sleep(1)
    for _ in range(8):
        with pytest.raises(ClientError, match="security token included in the request is invalid"):
            sts.get_caller_identity()


def test_isolation(server: Server) -> None:
    """A17: another account's repository is refused like one that is not there, over the API and `/v2`'s door."""
    (made,) = entrepot(server, "account", "create", "apart")
    root(server, "ecr").create_repository(repositoryName="team/ours")
    ecr = client(server, "ecr", made["accessKeyId"], made["secretAccessKey"])
    told = []
    for name in ("team/ours", "team/none"):
        with pytest.raises(ClientError) as caught:
            ecr.describe_repositories(registryId="123456789012", repositoryNames=[name])
        told.append(str(caught.value).replace(name, "NAME"))
    assert told[0] == told[1]
    assert "AccessDenied" in told[0]
    assert ecr.describe_repositories()["repositories"] == []
    iam = client(server, "iam", made["accessKeyId"], made["secretAccessKey"])
    root(server, "iam").create_user(UserName="ours")
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_user(UserName="ours")
    assert iam.list_users()["Users"] == []


def test_one_more_key(server: Server) -> None:
    """A root key that was lost is replaced by another."""
    entrepot(server, "account", "create", "forgetful")
    (again,) = entrepot(server, "account", "key", "forgetful")
    sts = client(server, "sts", again["accessKeyId"], again["secretAccessKey"])
    assert sts.get_caller_identity()["Account"] == again["account"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "x", "--number", "12"), "is no account number"),
        (("create", "-x-"), "No such option"),
        (("create", "a/b"), "is no account name"),
        (("create", "default"), "there is an account named 'default' already"),
        (("create", "new", "--number", "123456789012"), "there is an account 123456789012 already"),
        (("delete", "nobody"), "there is no account 'nobody'"),
        (("delete", "123456789012"), "is the account of the settings and stays"),
        (("key", "nobody"), "there is no account 'nobody'"),
    ],
)
def test_what_cannot_be_done(server: Server, words: tuple[str, ...], said: str) -> None:
    """One line that says why."""
    assert said in fail([*COMMAND, "account", *words], _own(server))


def test_rotation(server: Server) -> None:
    """Keys are rotated beside the server: access keys, sessions and logins go on; with --forget the latter end."""
    iam = root(server, "iam")
    iam.create_user(UserName="lasting")
    key = iam.create_access_key(UserName="lasting")["AccessKey"]
    sts = client(server, "sts", key["AccessKeyId"], key["SecretAccessKey"])
    temporary = sts.get_session_token()["Credentials"]
    create: Any = boto3.client
    session = create(
        "sts",
        endpoint_url=server.env["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id=temporary["AccessKeyId"],
        aws_secret_access_key=temporary["SecretAccessKey"],
        aws_session_token=temporary["SessionToken"],
    )
    before = _sealed(server.data_dir)
    (told,) = entrepot(server, "keys", "rotate")
    assert told["resealed"] >= 1
    assert told["keys"] == 2
    after = _sealed(server.data_dir)
    assert not set(before) & set(after)
    file = server.data_dir / "sealing.key"
    assert (file.stat().st_mode & 0o777, len(file.read_bytes())) == (0o600, 64)
    for _ in range(6):
        sts.get_caller_identity()
        session.get_caller_identity()
    (told,) = entrepot(server, "keys", "rotate", "--forget")
    assert told["keys"] == 1
    assert len(file.read_bytes()) == 32
    time.sleep(1.2)
    for _ in range(6):
        sts.get_caller_identity()
        with pytest.raises(ClientError, match="security token included in the request is invalid"):
            session.get_caller_identity()


def _sealed(folder: Path) -> list[bytes]:
    database = sqlite3.connect(folder / "entrepot.db")
    try:
        return [row[0] for row in database.execute("SELECT secret FROM access_keys")]
    finally:
        database.close()


def test_no_secret_in_the_database(server: Server) -> None:
    """A copy of the database gives no secret away, not even with its write-ahead log."""
    iam = root(server, "iam")
    iam.create_user(UserName="sealed")
    secret = iam.create_access_key(UserName="sealed")["AccessKey"]["SecretAccessKey"].encode()
    (made,) = entrepot(server, "account", "create", "sealed")
    found = b"".join(path.read_bytes() for path in server.data_dir.glob("entrepot.db*"))
    keys = (server.data_dir / "sealing.key").read_bytes()
    for text in (secret, made["secretAccessKey"].encode(), server.env["AWS_SECRET_ACCESS_KEY"].encode(), keys[:32]):
        assert text not in found
        assert base64.b64encode(text) not in found


def test_a_key_of_ones_own(tmp_path: Path) -> None:
    """The sealing key may come from a variable or a command, and is not written down then."""
    key = run([*COMMAND, "keys", "new"], environment(tmp_path)).decode().strip()
    (tmp_path / "key").write_text(key)
    for number, (name, value) in enumerate(
        [("ENTREPOT_SEALING_KEY", key), ("ENTREPOT_SEALING_KEY_COMMAND", f"cat {tmp_path / 'key'}")]
    ):
        folder = tmp_path / "served"
        folder.mkdir(exist_ok=True)
        with serving(folder, environment(tmp_path) | {name: value}, 1) as server:
            assert not (server.data_dir / "sealing.key").exists()
            if number == 0:
                (made,) = entrepot(server, "account", "create", "one")
            sts = client(server, "sts", made["accessKeyId"], made["secretAccessKey"])
            assert sts.get_caller_identity()["Account"] == made["account"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ENTREPOT_SEALING_KEY", "short", "sealing_key: a sealing key is"),
        ("ENTREPOT_SEALING_KEY_COMMAND", "false", "sealing_key_command failed"),
        ("ENTREPOT_SEALING_KEY_COMMAND", "true", "sealing_key_command: a sealing key"),
    ],
)
def test_a_key_that_is_none(tmp_path: Path, name: str, value: str, said: str) -> None:
    """The server does not start, and does not say the key."""
    env = environment(tmp_path) | {name: value, "ENTREPOT_DATA_DIR": str(tmp_path / "data"), "ENTREPOT_LISTEN": ":0"}
    told = fail([*COMMAND, "serve"], env)
    assert said in told
