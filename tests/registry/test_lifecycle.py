"""Setting, applying and explaining lifecycle policies, on both databases."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from tests.domain.lifecycle_worlds import a_rule, a_text
from tests.factories import (
    KEY,
    LAYER_TYPE,
    Clock,
    a_blob,
    a_caller,
    a_descriptor,
    a_manifest,
    a_repository,
    an_image,
    an_index,
    push,
)

from entrepot.domain import digests
from entrepot.domain import errors as e
from entrepot.domain.images import ARCHIVED, ImageId
from entrepot.domain.lifecycle import Why
from entrepot.domain.protection import PROTECTED, PROTECTED_TAGS
from entrepot.domain.registries import RegistryKey
from entrepot.registry import deletion, lifecycle, lookup, repositories
from entrepot.registry.context import Registry
from entrepot.registry.lifecycle import Ran
from entrepot.store import images as table
from entrepot.store.db import Tx

NAME = "team/app"
CALLER = a_caller("ecr:PutLifecyclePolicy")
DAYS = 24 * 3600


def put(reg: Registry, *rules: dict[str, Any], name: str = NAME) -> None:
    lifecycle.put(reg, CALLER, KEY, name, a_text(*rules))


def run(reg: Registry) -> Ran:
    return lifecycle.run(reg, KEY, NAME)


def left(reg: Registry, status: str | None = None) -> set[str]:
    """The digests of the images that are there, of one status or of any."""
    found = rows(reg, "SELECT digest, status FROM images WHERE deleted_at IS NULL")
    return {digest for digest, its in found if status in (None, its)}


def rows(reg: Registry, sql: str) -> Sequence[Sequence[Any]]:
    return reg.db.read(lambda tx: tx.all(sql))


def audited(reg: Registry, action: str = "ecr:PolicyExecutionEvent") -> list[dict[str, Any]]:
    found = rows(reg, "SELECT action, parameters FROM audit ORDER BY id")
    return [json.loads(parameters) for name, parameters in found if name == action]


def told(reg: Registry) -> list[dict[str, Any]]:
    """The details of the events of images, without pushes."""
    found = [json.loads(row[0]) for row in rows(reg, "SELECT detail FROM outbox ORDER BY id")]
    return [detail for detail in found if detail.get("action-type") in ("DELETE", "UPDATE_STORAGE_CLASS")]


def a_referrer(reg: Registry, subject: bytes, number: int) -> str:
    """Push a signature of a manifest."""
    a_blob(reg, b"{}")
    layer = b"signature %d" % number
    a_blob(reg, layer)
    return push(
        reg, a_manifest(layer, subject=a_descriptor(subject, "application/vnd.oci.image.manifest.v1+json"))
    ).digest


def manifest_of(reg: Registry, digest: str) -> bytes:
    def read(tx: Tx) -> bytes:
        repository = repositories.find(tx, KEY, NAME)
        return table.manifest(tx, lookup.find(tx, repository, ImageId(digest, None)).id)

    return reg.db.read(read)


@pytest.fixture
def some(reg: Registry, clock: Clock) -> list[str]:
    """Five images without tags, an hour between them, the oldest first."""
    a_repository(reg)
    found = []
    for number in range(5):
        found.append(an_image(reg, number))
        clock.forward(3600)
    return found


# --- policies --------------------------------------------------------------------------------------------------


def test_put_get_delete(reg: Registry, clock: Clock) -> None:
    """A policy comes back as it was written, is replaced, and is gone when it is deleted; each change is on record."""
    a_repository(reg)
    text = json.dumps({"rules": [a_rule(1, "any", more_than=2)]}, indent=4)
    lifecycle.put(reg, CALLER, KEY, NAME, text)
    first = lifecycle.get(reg, KEY, NAME)
    assert (first.text, first.version, first.set_at, first.evaluated_at) == (text, 1, clock.at, 0)
    run(reg)
    assert lifecycle.get(reg, KEY, NAME).evaluated_at == clock.at
    put(reg, a_rule(1, "any", more_than=3))
    second = lifecycle.get(reg, KEY, NAME)
    assert (second.version, second.policy_id, second.evaluated_at) == (2, first.policy_id, 0)
    assert lifecycle.delete(reg, CALLER, KEY, NAME) == second
    for call in (lifecycle.get, lambda *args: lifecycle.delete(args[0], CALLER, *args[1:]), lifecycle.run):
        with pytest.raises(e.LifecyclePolicyNotFound):
            call(reg, KEY, NAME)
    assert len(audited(reg, "ecr:PutLifecyclePolicy")) == 3


def test_what_is_not_there(reg: Registry) -> None:
    """Every call says that the repository is missing; a bad policy is refused before that."""
    with pytest.raises(e.RepositoryNotFound):
        lifecycle.get(reg, KEY, NAME)
    with pytest.raises(e.RepositoryNotFound):
        lifecycle.run(reg, KEY, NAME)
    with pytest.raises(e.RepositoryNotFound):
        lifecycle.explain(reg, KEY, NAME)
    with pytest.raises(e.RepositoryNotFound):
        put(reg, a_rule(1, "any", more_than=2))
    with pytest.raises(e.LifecyclePolicyInvalid):
        lifecycle.put(reg, CALLER, KEY, NAME, "{}")


# --- running ---------------------------------------------------------------------------------------------------


def test_expire(reg: Registry, some: list[str], clock: Clock) -> None:
    """What is beyond the number goes, with an event for each image and one record of the run; a second run is quiet."""
    put(reg, a_rule(1, "any", more_than=2))
    policy = lifecycle.get(reg, KEY, NAME)
    assert run(reg) == Ran(repositories=1, images=5, expired=3)
    assert left(reg) == set(some[3:])
    assert [detail["image-digest"] for detail in told(reg)] == sorted(some[:3])
    (record,) = audited(reg)
    assert record["repositoryName"] == NAME
    assert record["lifecycleEventPolicy"] == {
        "lifecycleEventRules": [
            {
                "rulePriority": 1,
                "description": "",
                "lifecycleEventSelection": {
                    "tagStatus": "Any",
                    "tagPrefixList": [],
                    "countType": "Image count more than",
                    "countNumber": 2,
                },
                "action": "expire",
            }
        ],
        "lastEvaluatedAt": 0,
        "policyVersion": 1,
        "policyId": policy.policy_id,
    }
    first = record["lifecycleEventImageActions"][0]["lifecycleEventImage"]
    assert first["digest"] == min(some[:3])
    assert (first["tagStatus"], first["tagList"]) == ("Untagged", [])
    assert record["lifecycleEventFailureDetails"] == []
    (event,) = [
        row for row in rows(reg, "SELECT type, detail FROM outbox") if row[0] == "AWS Service Event via CloudTrail"
    ]
    assert json.loads(event[1])["serviceEventDetails"] == record
    assert run(reg) == Ran(repositories=1, images=2)
    assert len(audited(reg)) == 1
    assert lifecycle.get(reg, KEY, NAME).evaluated_at == clock.at


def test_tags_go_with_their_image(reg: Registry, clock: Clock) -> None:
    """An image with several tags is deleted with all of them, an event each, and its record lists them."""
    a_repository(reg)
    old = an_image(reg, 1, "v1", "v1.0", "other")
    clock.forward(1)
    new = an_image(reg, 2, "v2")
    put(reg, a_rule(7, "tagged", patterns=["v*"], more_than=1))
    assert run(reg).expired == 1
    assert left(reg) == {new}
    assert [detail["image-tag"] for detail in told(reg)] == ["other", "v1", "v1.0"]
    (record,) = audited(reg)
    (action,) = record["lifecycleEventImageActions"]
    assert action == {
        "lifecycleEventImage": {
            "digest": old,
            "tagStatus": "Tagged",
            "tagList": ["other", "v1", "v1.0"],
            "pushedAt": (clock.at - 1_000_000) // 1000,
        },
        "rulePriority": 7,
    }


def test_archive(reg: Registry, some: list[str], clock: Clock) -> None:
    """Images go to the archive, with an event each, and from there they go for good after their time."""
    put(reg, a_rule(1, "any", more_than=2, archive=True), a_rule(2, "any", archived=90))
    assert run(reg) == Ran(repositories=1, images=5, archived=3)
    assert left(reg, ARCHIVED) == set(some[:3])
    assert {detail["action-type"] for detail in told(reg)} == {"UPDATE_STORAGE_CLASS"}
    clock.forward(90 * DAYS)
    assert run(reg).expired == 0
    clock.forward(1)
    assert run(reg).expired == 3
    assert left(reg) == set(some[3:])


def test_many(reg: Registry, clock: Clock) -> None:
    """More images than one transaction takes all go, and each record names nine at most."""
    a_repository(reg)
    found = [an_image(reg, number) for number in range(100)]
    clock.forward(2 * DAYS)
    put(reg, a_rule(1, "untagged", pushed=1))
    rests = list[float]()

    def rest(seconds: float) -> bool:
        rests.append(seconds)
        return False

    assert lifecycle.run(reg, KEY, NAME, rest).expired == 100
    assert len(rests) == 3
    assert left(reg) == set()
    sizes = [len(record["lifecycleEventImageActions"]) for record in audited(reg)]
    assert sum(sizes) == len(found)
    assert max(sizes) == 9


def test_a_run_that_is_broken_off_goes_on(reg: Registry, clock: Clock) -> None:
    """A run that has to stop leaves whole transactions, is not noted as done, and the next one does the rest."""
    a_repository(reg)
    for number in range(60):
        an_image(reg, number)
    clock.forward(2 * DAYS)
    put(reg, a_rule(1, "untagged", pushed=1))
    ran = lifecycle.run(reg, KEY, NAME, lambda _: True)
    assert (ran.expired, ran.stopped) == (45, True)
    assert lifecycle.get(reg, KEY, NAME).evaluated_at == 0
    assert run(reg).expired == 15
    assert left(reg) == set()


# --- indexes, referrers, protection ----------------------------------------------------------------------------


def test_children_wait_for_their_index(reg: Registry, some: list[str], clock: Clock) -> None:
    """Children stay while their index is there, are reported as CloudTrail does, and go with the next run."""
    index = push(reg, an_index(manifest_of(reg, some[0]), manifest_of(reg, some[1]))).digest
    clock.forward(2 * DAYS)
    put(reg, a_rule(1, "untagged", pushed=1))
    ran = run(reg)
    assert (ran.expired, ran.held) == (4, 2)
    assert left(reg) == set(some[:2])
    failures = [one for record in audited(reg) for one in record["lifecycleEventFailureDetails"]]
    assert {one["lifecycleEventImage"]["digest"] for one in failures} == set(some[:2])
    assert {(one["failureCode"], one["failureReason"]) for one in failures} == {
        ("ImageReferencedByManifestList", f"Requested image referenced by manifest list: [{index}]")
    }
    assert run(reg).expired == 2
    assert left(reg) == set()


def test_failures_are_told_once_a_day(reg: Registry, some: list[str], clock: Clock) -> None:
    """What stays held is on record once a day, however often the policy runs."""
    push(reg, an_index(manifest_of(reg, some[0])), "v1")
    clock.forward(2 * DAYS)
    put(reg, a_rule(1, "untagged", pushed=1))
    for _ in range(4):
        run(reg)
    assert sum(len(record["lifecycleEventFailureDetails"]) for record in audited(reg)) == 1
    clock.forward(DAYS)
    run(reg)
    assert sum(len(record["lifecycleEventFailureDetails"]) for record in audited(reg)) == 2


def test_referrers_follow(reg: Registry, some: list[str], clock: Clock) -> None:
    """Signatures, and signatures of these, go in the same run as what they refer to; those of what stays stay."""
    first = a_referrer(reg, manifest_of(reg, some[0]), 1)
    second = a_referrer(reg, manifest_of(reg, first), 2)
    kept = a_referrer(reg, manifest_of(reg, some[4]), 3)
    put(reg, a_rule(1, "untagged", more_than=4))
    ran = run(reg)
    assert ran.expired == 3
    assert left(reg) == {*some[1:], kept}
    (record,) = audited(reg)
    order = [one["lifecycleEventImage"]["digest"] for one in record["lifecycleEventImageActions"]]
    assert order == [some[0], first, second]


def test_referrers_follow_into_the_archive(reg: Registry, some: list[str]) -> None:
    """Signatures go to the archive with what they refer to, and are counted and recorded."""
    first = a_referrer(reg, manifest_of(reg, some[0]), 1)
    put(reg, a_rule(1, "untagged", more_than=4, archive=True))
    assert run(reg).archived == 2
    assert left(reg, ARCHIVED) == {some[0], first}
    (record,) = audited(reg)
    assert len(record["lifecycleEventImageActions"]) == 2


@pytest.mark.parametrize("tags", [{PROTECTED: "true"}, {PROTECTED_TAGS: "keep-*"}])
def test_protected_images_stay(reg: Registry, clock: Clock, tags: dict[str, str]) -> None:
    """What is protected stays, is counted as held, and the record says why."""
    repository = a_repository(reg)
    kept = an_image(reg, 1, "keep-me")
    repositories.add_tags(reg, a_caller("ecr:TagResource"), repositories.arn(repository), tags)
    clock.forward(2 * DAYS)
    put(reg, a_rule(1, "any", pushed=1))
    assert run(reg) == Ran(repositories=1, images=1, held=1)
    assert left(reg) == {kept}
    (record,) = audited(reg)
    (failure,) = record["lifecycleEventFailureDetails"]
    assert failure["failureCode"] == "ImageProtected"
    assert "protected" in failure["failureReason"]


# --- what happens meanwhile ------------------------------------------------------------------------------------


class Meanwhile:
    """Does something between a run's decision and its first transaction, through the clock that each asks."""

    def __init__(self, reg: Registry, clock: Clock) -> None:
        self.reg, self.clock, self.do = reg, clock, list[Any]()
        self._thread: threading.Thread | None = None

    def __call__(self) -> int:
        if self.do:
            work = self.do.pop()
            thread = threading.Thread(target=work)
            thread.start()
            thread.join(20)
            assert not thread.is_alive()
        return self.clock.at


def run_while(reg: Registry, clock: Clock, work: Any) -> Ran:
    """Run, with `work` done once after the decision was read and before anything is written."""
    meanwhile = Meanwhile(reg, clock)
    meanwhile.do = [work]
    return lifecycle.run(replace(reg, now=meanwhile), KEY, NAME)


def test_a_tag_pushed_meanwhile(reg: Registry, some: list[str], clock: Clock) -> None:
    """An image that gets a tag after the decision is left alone, the others go."""
    put(reg, a_rule(1, "untagged", more_than=2))
    ran = run_while(reg, clock, lambda: push(reg, manifest_of(reg, some[0]), "saved"))
    assert (ran.expired, ran.left) == (2, 1)
    assert left(reg) == {some[0], some[3], some[4]}


def test_an_index_pushed_meanwhile(reg: Registry, some: list[str], clock: Clock) -> None:
    """An image that an index names since the decision stays."""
    put(reg, a_rule(1, "untagged", more_than=2))
    ran = run_while(reg, clock, lambda: push(reg, an_index(manifest_of(reg, some[1])), "v1"))
    assert (ran.expired, ran.left) == (2, 1)
    assert some[1] in left(reg)


def test_a_referrer_pushed_meanwhile(reg: Registry, some: list[str], clock: Clock) -> None:
    """An image that was signed since the decision waits for the next run, which takes it with its signature."""
    put(reg, a_rule(1, "untagged", more_than=2))
    manifest = manifest_of(reg, some[1])
    ran = run_while(reg, clock, lambda: a_referrer(reg, manifest, 1))
    assert (ran.expired, ran.left) == (2, 1)
    assert run(reg).expired == 2
    assert left(reg) == set(some[3:])


def test_a_deletion_meanwhile(reg: Registry, some: list[str], clock: Clock) -> None:
    """When somebody deletes what a rule counts as newest, all is decided again and the number is still kept."""
    put(reg, a_rule(1, "untagged", more_than=2))
    caller = a_caller("ecr:BatchDeleteImage")
    ran = run_while(reg, clock, lambda: deletion.delete_many(reg, caller, KEY, NAME, [ImageId(some[4], None)]))
    assert ran.expired == 2
    assert left(reg) == {some[2], some[3]}


def test_a_policy_replaced_meanwhile(reg: Registry, some: list[str], clock: Clock) -> None:
    """When the policy changes after the decision, the new one is applied."""
    put(reg, a_rule(1, "untagged", more_than=1))
    ran = run_while(reg, clock, lambda: put(reg, a_rule(1, "untagged", more_than=4)))
    assert ran.expired == 1
    assert left(reg) == set(some[1:])


def test_a_policy_put_again_meanwhile(reg: Registry, some: list[str], clock: Clock) -> None:
    """A policy that is deleted and set anew is another one, although its version is the same."""
    put(reg, a_rule(1, "untagged", more_than=1))

    def anew() -> None:
        lifecycle.delete(reg, CALLER, KEY, NAME)
        put(reg, a_rule(1, "untagged", more_than=4))

    assert run_while(reg, clock, anew).expired == 1
    assert left(reg) == set(some[1:])


def test_two_runs_at_once(reg: Registry, clock: Clock) -> None:
    """Two runs of one repository get in each other's way but take every image once, and nothing else."""
    a_repository(reg)
    found = [an_image(reg, number) for number in range(200)]
    clock.forward(2 * DAYS)
    kept = an_image(reg, 1000)
    put(reg, a_rule(1, "untagged", pushed=1))
    ran = [Ran(), Ran()]
    threads = [threading.Thread(target=lifecycle.run, args=(reg, KEY, NAME), kwargs={"ran": one}) for one in ran]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    while run(reg).left:
        pass
    assert left(reg) == {kept}
    assert sorted(detail["image-digest"] for detail in told(reg)) == sorted(found)


def test_a_policy_deleted_meanwhile(reg: Registry, some: list[str], clock: Clock) -> None:
    """When the policy is taken away after the decision, nothing is done."""
    put(reg, a_rule(1, "untagged", more_than=1))
    with pytest.raises(e.LifecyclePolicyNotFound):
        run_while(reg, clock, lambda: lifecycle.delete(reg, CALLER, KEY, NAME))
    assert left(reg) == set(some)


# --- when they are due -----------------------------------------------------------------------------------------


def test_due(reg: Registry, some: list[str], clock: Clock) -> None:
    """A policy is applied one interval after it was set and then each interval; a broken one does not keep others."""
    a_repository(reg, "another")
    put(reg, a_rule(1, "untagged", more_than=4))
    put(reg, a_rule(1, "untagged", more_than=4), name="another")
    assert lifecycle.run_due(reg, 3600).repositories == 0
    clock.forward(3600)
    ran = lifecycle.run_due(reg, 3600)
    assert (ran.repositories, ran.expired) == (2, 1)
    assert lifecycle.run_due(reg, 3600).repositories == 0
    clock.forward(3600)
    reg.db.write(
        lambda tx: tx.run("UPDATE lifecycle_policies SET text = 'x' WHERE text LIKE :any AND version = 1", any="%")
    )
    with pytest.raises(e.LifecyclePolicyInvalid):
        lifecycle.run_due(reg, 3600)


def test_places(reg: Registry) -> None:
    """The repositories that have a policy, of every registry."""
    a_repository(reg)
    a_repository(reg, "without")
    put(reg, a_rule(1, "any", more_than=1))
    assert lifecycle.places(reg) == [(KEY, NAME)]
    assert isinstance(KEY, RegistryKey)


# --- explaining ------------------------------------------------------------------------------------------------


def test_explain_and_run_agree(reg: Registry, some: list[str]) -> None:
    """What is explained is what the run then does, and explaining changes nothing."""
    put(reg, a_rule(1, "untagged", more_than=2))
    decisions, _ = lifecycle.explain(reg, KEY, NAME)
    assert {one.image.digest for one in decisions if one.action} == set(some[:3])
    assert {one.why for one in decisions} == {Why.TAKEN, Why.KEPT}
    assert left(reg) == set(some)
    assert run(reg).expired == 3


def test_bytes_that_would_come_free(reg: Registry, clock: Clock) -> None:
    """Only blobs that no image would name any more count: not those of images that stay, nor of other repositories."""
    a_repository(reg)
    a_repository(reg, "other")
    for layer in (b"shared", b"own old", b"{}"):
        a_blob(reg, layer)
    a_blob(reg, b"elsewhere")
    for layer in (b"elsewhere", b"{}"):
        a_blob(reg, layer, "other")
    old = a_manifest(b"shared", b"own old", b"elsewhere")
    push(reg, old)
    push(reg, a_manifest(b"elsewhere"), name="other")
    clock.forward(3600)
    push(reg, a_manifest(b"shared"))
    put(reg, a_rule(1, "untagged", more_than=1))
    _, freed = lifecycle.explain(reg, KEY, NAME)
    assert freed == len(b"own old")
    assert digests.of(old)
    assert LAYER_TYPE
