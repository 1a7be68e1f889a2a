"""A repository with 100,000 images: seconds and memory of lifecycle decisions, and the cost of pages of its lists."""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

from entrepot import app
from entrepot.config import Settings
from entrepot.domain import digests, lifecycle, manifests
from entrepot.domain.principals import Caller, root
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Mutability
from entrepot.registry import images, repositories
from entrepot.registry import lifecycle as policies
from entrepot.registry.context import Registry
from entrepot.registry.lifecycle_facts import facts
from entrepot.store.db import Tx

IMAGES = 100_000  # ECR's limit
KEY = RegistryKey("123456789012", "us-east-1")
NAME = "team/app"
CALLER = Caller(root(KEY.account, "AKIAIOSFODNN7EXAMPLE"), KEY.region, "ecr:PutImage", "", "", "bench")
TARGETS = {10: (2.0, 200), 50: (10.0, None)}  # rules: seconds, MB
DAY = lifecycle.DAY
MB = 1_000_000


def fill(reg: Registry, count: int) -> None:
    """A repository as years of builds leave it: most images with a tag or two, some untagged, indexes, signatures."""
    repository = repositories.create(
        reg, CALLER, KEY, NAME, mutability=Mutability(), scan_on_push=False, encryption_type="AES256", tags={}
    )
    now = reg.now()
    step = 5_000
    for start in range(0, count, step):
        reg.db.write(
            partial(_images, repository=repository.id, numbers=range(start, min(start + step, count)), now=now)
        )


def _images(tx: Tx, repository: int, numbers: range, now: int) -> None:
    for number in numbers:
        _image(tx, repository, number, now)


def _image(tx: Tx, repository: int, number: int, now: int) -> None:
    kind = number % 20  # 19: an index of the four before it; 18: refers to the one before it
    digest = _digest(number)
    row = tx.one(
        """
        INSERT INTO images (repository, digest, media_type, artifact_type, manifest_size, size, subject, status,
            pushed_at) VALUES (:repository, :digest, :type, '', 500, 5000, :subject, 'ACTIVE', :at) RETURNING id
        """,
        repository=repository,
        digest=digest,
        type=manifests.OCI_INDEX if kind == 19 else manifests.OCI_MANIFEST,
        subject=_digest(number - 1) if kind == 18 else None,
        at=now - number * 1800 * 1_000_000,
    )
    image = int(row[0]) if row else 0
    for child in range(number - 5, number - 1) if kind == 19 else ():
        tx.run(
            "INSERT INTO image_children (repository, digest, image) VALUES (:repository, :digest, :image)",
            repository=repository,
            digest=_digest(child),
            image=image,
        )
    for tag in _tags(number, kind):
        tx.run(
            "INSERT INTO tags (repository, name, image, tagged_at) VALUES (:repository, :name, :image, :at)",
            repository=repository,
            name=tag,
            image=image,
            at=now,
        )


def _digest(number: int) -> str:
    return digests.of(b"%d" % number)


def _tags(number: int, kind: int) -> list[str]:
    if kind in (14, 15, 16, 17, 18):
        return []
    names = [f"{('prod', 'staging', 'dev', 'feature')[number % 4]}-{number % 50:02}-{number:06}"]
    return [*names, f"sha-{_digest(number)[7:47]}"] if number % 2 else names


def policy(rules: int) -> str:
    """A policy of so many rules, of every kind of pattern; the last two are for untagged and for all images."""
    made: list[dict[str, Any]] = []
    for at in range(rules - 2):
        patterns = ([f"prod-{at:02}-*"], [f"*-{at:02}-*"], [f"*{at:03}"], [f"dev*{at:02}*", f"sha-{at:x}*"])[at % 4]
        made.append(_rule(at + 1, {"tagStatus": "tagged", "tagPatternList": patterns}, at % 2 == 0))
    made.append(_rule(rules - 1, {"tagStatus": "untagged"}, by_count=False))
    made.append(_rule(rules, {"tagStatus": "any"}, by_count=True))
    return json.dumps({"rules": made})


def _rule(priority: int, selection: dict[str, Any], by_count: bool) -> dict[str, Any]:
    count = {"countType": "imageCountMoreThan", "countNumber": 100}
    days = {"countType": "sinceImagePushed", "countUnit": "days", "countNumber": 30}
    return {
        "rulePriority": priority,
        "selection": {**selection, **(count if by_count else days)},
        "action": {"type": "expire"},
    }


def decide(folder: str, rules: int) -> dict[str, float]:
    """Read the facts and decide, in a process of its own: seconds of both, the peak of memory, what would be taken."""
    with app.operator(Settings(data_dir=folder)) as reg:
        before = _peak()
        began = time.perf_counter()
        parsed = lifecycle.parse(policy(rules))

        def read(tx: Tx) -> list[lifecycle.Fact]:
            return facts(tx, reg, repositories.find(tx, KEY, NAME))

        known = reg.db.read(read)
        middle = time.perf_counter()
        decisions = lifecycle.decide(parsed, known, reg.now())
        end = time.perf_counter()
    return {
        "images": len(decisions),
        "taken": sum(decision.action is not None for decision in decisions),
        "reading_seconds": middle - began,
        "deciding_seconds": end - middle,
        "seconds": end - began,
        "peak_mb": _peak(),
        "grown_mb": _peak() - before,
    }


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MB


def run(folder: str, at_most: int) -> dict[str, float]:
    """Apply a policy for real until so many images are gone: images a second."""
    with app.operator(Settings(data_dir=folder)) as reg:
        policies.put(reg, CALLER, KEY, NAME, policy(10))
        ran = policies.Ran()
        began = time.perf_counter()
        policies.run(reg, KEY, NAME, lambda _: ran.expired >= at_most, ran)
        return {"expired": ran.expired, "images_per_second": ran.expired / (time.perf_counter() - began)}


def pages(folder: str) -> dict[str, dict[str, float]]:
    """Milliseconds of the first, middle and last pages of DescribeImages and ListImages."""
    with app.operator(Settings(data_dir=folder)) as reg:
        return {"DescribeImages": _walk(partial(_describe, reg)), "ListImages": _walk(partial(_list, reg))}


def _describe(reg: Registry, token: str | None) -> str | None:
    return images.describe(reg, KEY, NAME, wanted=None, tagged=None, token=token, limit=1000)[1]


def _list(reg: Registry, token: str | None) -> str | None:
    return images.list_ids(reg, KEY, NAME, None, token, 1000)[1]


def _walk(page: Callable[[str | None], str | None]) -> dict[str, float]:
    token: str | None = None
    times: list[float] = []
    while True:
        began = time.perf_counter()
        token = page(token)
        times.append((time.perf_counter() - began) * 1000)
        if token is None:
            break
    near = max(1, len(times) // 20)
    middle = len(times) // 2
    return {
        "pages": len(times),
        "first_ms": statistics.median(times[:near]),
        "middle_ms": statistics.median(times[middle : middle + near]),
        "last_ms": statistics.median(times[-near:]),
    }


def main() -> int:
    """Print a table, or JSON; leave with 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app.prepare(Settings(data_dir=folder))
        with app.operator(Settings(data_dir=folder)) as reg:
            fill(reg, chosen.images)
        told: dict[str, Any] = {"pages": _apart(pages, folder)}
        for rules in TARGETS:
            told[f"{rules} rules"] = _apart(decide, folder, rules)
        told["run"] = _apart(run, folder, 2_000)
    sys.stdout.write(json.dumps(told, indent=2) + "\n" if chosen.json else _table(told))
    return 0 if all(_met(told[f"{rules} rules"], *target) for rules, target in TARGETS.items()) else 1


def _apart(work: Any, *args: Any) -> Any:
    """Do it in a process of its own, so that its memory is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *args).result()


def _met(found: dict[str, float], seconds: float, megabytes: float | None) -> bool:
    return found["seconds"] <= seconds and (megabytes is None or found["peak_mb"] <= megabytes)


def _table(told: dict[str, Any]) -> str:
    lines = []
    for rules, (seconds, megabytes) in TARGETS.items():
        found = told[f"{rules} rules"]
        memory = f"{found['peak_mb']:.0f} MB" + (f" (at most {megabytes})" if megabytes else "")
        lines.append(
            f"{rules:3} rules, {found['images']:.0f} images: {found['seconds']:.2f} s (at most {seconds:.0f}), "
            f"of which reading {found['reading_seconds']:.2f} s; {memory}; {found['taken']:.0f} taken"
        )
    for name, found in told["pages"].items():
        times = ", ".join(f"{when} {found[f'{when}_ms']:.1f} ms" for when in ("first", "middle", "last"))
        lines.append(f"{name}, {found['pages']:.0f} pages of 1,000: {times}")
    lines.append(f"run: {told['run']['images_per_second']:.0f} images a second expired")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
