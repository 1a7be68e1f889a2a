"""A30, A31: guessing credentials is slow, and tells nothing."""

from __future__ import annotations

import contextlib
import hmac
import statistics
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from botocore.credentials import Credentials
from tests.attacks.conftest import Target, basic
from tests.aws.door import Door, a_door
from tests.aws.signing import KEY
from tests.aws.sts_world import World, a_world, refused
from tests.factories import Clock, a_registry

from entrepot.aws.sigv4 import SignedRequest
from entrepot.domain.errors import TokenRefused
from entrepot.registry import access
from entrepot.registry.attempts import Attempts
from entrepot.store.migrate import migrate
from entrepot.store.sqlite import SqliteDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from entrepot.registry.context import Registry


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(tmp_path_factory.mktemp("world"), ENTREPOT_LIMITS__FAILED_ATTEMPTS="5") as found:
        yield found


def attempt(world: World, user: str, password: str) -> tuple[int, str]:
    target = Target(world.server, basic(user, password), None)
    reply = target.v2("GET", "")
    return reply.status, reply.headers.get("retry-after", "")


def test_a_key_is_guessed(world: World) -> None:
    """A31: after five failures an address may not try that key for a while, over either door; other keys go on."""
    victim = world.user("victim")
    other = world.user("other", {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"})
    for number in range(5):
        assert attempt(world, victim["AccessKeyId"], f"guess {number}")[0] == 403
    status, after = attempt(world, victim["AccessKeyId"], "guess")
    assert status == 429
    assert 1 <= int(after) <= 60
    assert attempt(world, victim["AccessKeyId"], victim["SecretAccessKey"])[0] == 429, "a right guess is not told"
    with refused("Throttling", "Rate exceeded"):
        world.client("sts", victim).get_caller_identity()
    assert attempt(world, other["AccessKeyId"], other["SecretAccessKey"])[0] == 200


def test_signatures_are_guessed(world: World) -> None:
    """A31: signatures count like passwords."""
    victim = world.user("signing")
    wrong = world.client("sts", {**victim, "SecretAccessKey": "guess"})
    for _ in range(5):
        with refused("SignatureDoesNotMatch"):
            wrong.get_caller_identity()
    with refused("Throttling"):
        wrong.get_caller_identity()


def test_unknown_users(world: World) -> None:
    """A31: a user who is not there is answered like one with a wrong password."""
    known = world.user("known")
    answers = set()
    for user in (known["AccessKeyId"], "AKIAIOSFODNN7NOTHERE", "admin", ""):
        target = Target(world.server, basic(user, "guess"), None)
        reply = target.v2("GET", "")
        answers.add((reply.status, reply.code, reply.body))
    assert len(answers) == 1


# --- the audit trail -------------------------------------------------------------------------------------------

FORM = [(b"host", b"localhost:5000"), (b"content-type", b"application/x-www-form-urlencoded")]
JUNK = (
    b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn:aws:iam::123456789012:role/ci"
    b"&RoleSessionName=job&WebIdentityToken=a.b.c"
)


def audited(door: Door) -> list[tuple[str, str, str]]:
    """Action, key and error of what is on record."""
    door.reg.trail.flush(door.reg.db)
    rows = door.reg.db.read(lambda tx: tx.all("SELECT action, access_key_id, error FROM audit ORDER BY id"))
    return [(action, key, error) for action, key, error in rows]


def test_a_flood_of_junk_tokens(tmp_path: Path) -> None:
    """A29, A31: tokens count by their address; then they are not even read. What is on record of them is one row."""
    door = a_door(tmp_path)
    door.reg = replace(door.reg, attempts=Attempts(2))
    form = SignedRequest("POST", b"/", b"", FORM, JUNK)
    answers = [door.ask(form).body.partition(b"<Code>")[2].partition(b"</Code>")[0] for _ in range(100)]
    assert answers[:20] == [b"InvalidIdentityToken"] * 20
    assert set(answers[20:]) == {b"Throttling"}
    assert audited(door) == [("sts:AssumeRoleWithWebIdentity", "", "InvalidIdentityTokenException")]
    door.reg.db.close()


def test_refused_signatures_are_on_record(tmp_path: Path) -> None:
    """A31: a wrong signature and an unknown key have a row each, however often they come; a secret is not kept."""
    door = a_door(tmp_path)
    unknown = Credentials("AKIAUNKNOWN000000000", "x")
    pasted = Credentials("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "x")
    for who in (Credentials(KEY, "guess"), unknown, pasted) * 30:
        assert door.call("DescribeRepositories", credentials=who).status == 400
    assert audited(door) == [
        ("ecr:DescribeRepositories", KEY, "InvalidSignatureException"),
        ("ecr:DescribeRepositories", "AKIAUNKNOWN000000000", "UnrecognizedClientException"),
    ]
    assert "wJalrXUtnFEMI" not in str(door.reg.db.read(lambda tx: tx.all("SELECT * FROM audit")))
    door.reg.db.close()


# --- time ------------------------------------------------------------------------------------------------------


@pytest.fixture
def reg(tmp_path: Path) -> Iterator[Registry]:
    db = SqliteDatabase(tmp_path / "entrepot.db")
    migrate(db)
    yield a_registry(db, tmp_path, Clock())
    db.close()


def seconds(reg: Registry, guesses: tuple[str, str]) -> tuple[float, float]:
    """Medians of 10,000 attempts with each of two secrets, taken in turns."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(10_000):
        for guess, into in zip(guesses, taken, strict=True):
            start = time.perf_counter()
            with contextlib.suppress(TokenRefused):
                access.principal_of_password(reg, reg.keys.access_key_id, guess)
            into.append(time.perf_counter() - start)
    return statistics.median(taken[0]), statistics.median(taken[1])


def test_time_does_not_tell(reg: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """A30: how much of a secret is right is not seen in the time; it is compared in constant time."""
    secret = reg.keys.secret_access_key
    first, second = seconds(reg, ("x" * len(secret), secret[:-1] + "x"))
    assert abs(first - second) < 0.1 * max(first, second)
    compared, real = [], hmac.compare_digest

    def compare(one: bytes, two: bytes) -> bool:
        compared.append((one, two))
        return real(one, two)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    for key in (reg.keys.access_key_id, "AKIAIOSFODNN7NOTHERE"):
        with pytest.raises(TokenRefused):
            access.principal_of_password(reg, key, "guess")
    assert len(compared) == 2, "an unknown key takes the same way"
