"""Two writers of one tag: one of their images has it, both images are whole, and an immutable tag has one winner."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.factories import KEY, push
from tests.faults.report import LONG, survived
from tests.faults.workload import CALLER, NAME, Violation, manifest, prepared, push_image, registry, seen, settled

from entrepot.domain import digests
from entrepot.domain import errors as e
from entrepot.domain.repositories import IMMUTABLE, Mutability
from entrepot.registry import repositories

ROUNDS = 1000 if LONG else 30


def together(*works: Callable[[], object]) -> list[BaseException | None]:
    """What became of pieces of work that began at the same time."""
    start = threading.Barrier(len(works))
    ended: list[BaseException | None] = [None] * len(works)

    def run(number: int) -> None:
        start.wait()
        try:
            works[number]()
        except Exception as error:  # noqa: BLE001  # looked at by the test
            ended[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


@pytest.mark.timeout(3600)
def test_a_tag_that_moves(tmp_path: Path) -> None:
    """After each round the tag names one of the two images, and both can be read whole by their digests."""
    prepared(tmp_path / "data")
    with registry(tmp_path / "data") as reg:
        push_image(reg, 1)
        named = {digests.of(manifest(number)) for number in (0, 1)}
        for _ in range(ROUNDS):
            works = [lambda number=number: push(reg, manifest(number), "moving", name=NAME) for number in (0, 1)]
            if any(together(*works)):
                raise Violation("a push of a mutable tag was refused")
            if seen(reg)["moving"] not in named:
                raise Violation(f"the tag names {seen(reg)['moving']}")
        settled(reg, tmp_path / "data")
    survived("F22", ROUNDS, "rounds of two writers of one tag")


@pytest.mark.timeout(3600)
def test_a_tag_that_may_not_move(tmp_path: Path) -> None:
    """Of two writers of a new immutable tag one has it, and the other is told that it is taken."""
    prepared(tmp_path / "data")
    with registry(tmp_path / "data") as reg:
        push_image(reg, 1)
        repositories.set_mutability(reg, CALLER, KEY, NAME, Mutability(IMMUTABLE))
        for number in range(ROUNDS):
            works = [lambda image=image: push(reg, manifest(image), f"t{number}", name=NAME) for image in (0, 1)]  # noqa: B023
            ended = together(*works)
            lost = [image for image, error in enumerate(ended) if isinstance(error, e.ImageTagAlreadyExists)]
            if len(lost) != 1 or ended[1 - lost[0]] is not None:
                raise Violation(f"round {number}: {ended}")
            if seen(reg)[f"t{number}"] != digests.of(manifest(1 - lost[0])):
                raise Violation(f"round {number}: the loser has the tag")
        settled(reg, tmp_path / "data")
    survived("F23", ROUNDS, "rounds of two writers of one new immutable tag: exactly one has it")
