"""A30, A31: guessing credentials is slow, and tells nothing."""

from __future__ import annotations

import contextlib
import hmac
import statistics
import time
from typing import TYPE_CHECKING

import pytest
from tests.attacks.conftest import Target, basic
from tests.aws.sts_world import World, a_world, refused
from tests.factories import Clock, a_registry

from entrepot.domain.errors import TokenRefused
from entrepot.registry import access
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
    other = world.user("other")
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
