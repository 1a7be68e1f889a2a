"""Creating, describing, deleting and tagging repositories, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.factories import ACCOUNT, KEY, Clock, a_caller, a_repository, an_image

from entrepot.domain import errors as e
from entrepot.domain.images import ARCHIVE, ImageId
from entrepot.domain.manifests import OCI_MANIFEST
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Mutability
from entrepot.registry import bin as recycling
from entrepot.registry import deletion, repositories, storage_class
from entrepot.registry.context import Registry
from entrepot.store import audit as audit_table
from entrepot.store import outbox

ARN = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/team/app"


def test_create_keeps_what_was_asked_for(reg: Registry, clock: Clock) -> None:
    """A repository is described as it was created, and its id is its own."""
    wanted = Mutability("IMMUTABLE_WITH_EXCLUSION", ("latest", "dev-*"))
    made = repositories.create(
        reg,
        a_caller(),
        KEY,
        "team/app",
        mutability=wanted,
        scan_on_push=True,
        encryption_type="AES256",
        tags={"team": "blue", "empty": ""},
    )
    [found], token = repositories.describe(reg, KEY, ["team/app"], None, None)
    assert found == made
    assert (found.mutability, found.scan_on_push, found.created_at) == (wanted, True, clock.at)
    assert token is None
    assert repositories.tags(reg, a_caller(), ARN) == {"empty": "", "team": "blue"}


def test_create_twice(reg: Registry) -> None:
    """A name is taken once in a registry, and free in another region."""
    a_repository(reg)
    with pytest.raises(e.RepositoryAlreadyExists, match="'team/app' already exists in the registry with id '123456789"):
        a_repository(reg)
    elsewhere = RegistryKey(ACCOUNT, "eu-west-1")
    made = repositories.create(
        reg,
        a_caller(),
        elsewhere,
        "team/app",
        mutability=Mutability(),
        scan_on_push=False,
        encryption_type="AES256",
        tags={},
    )
    assert made.region == "eu-west-1"
    assert repositories.name_page(reg, elsewhere, "", 10) == ([made.name], False)


@pytest.mark.parametrize("kind", ["KMS", "KMS_DSSE"])
def test_kms_is_refused(reg: Registry, kind: str) -> None:
    """An encryption that is not offered is refused, and nothing is created."""
    with pytest.raises(e.KmsUnavailable, match="does not offer KMS encryption yet"):
        repositories.create(
            reg, a_caller(), KEY, "x1", mutability=Mutability(), scan_on_push=False, encryption_type=kind, tags={}
        )
    assert repositories.name_page(reg, KEY, "", 10) == ([], False)


def test_pages_hold_every_name_once_in_order(reg: Registry) -> None:
    """Pages of 100 over 250 repositories hold each once, sorted by the bytes of their names."""
    names = {f"r{number:03}" for number in range(248)} | {"r-1", "r_1"}
    for name in names:
        a_repository(reg, name)
    seen: list[str] = []
    token: str | None = None
    sizes = []
    while True:
        page, token = repositories.describe(reg, KEY, None, token, None)
        seen += [repository.name for repository in page]
        sizes.append(len(page))
        if token is None:
            break
    assert sizes == [100, 100, 50]
    assert seen == sorted(names)


@pytest.mark.parametrize("token", ["", "x", "W10=", "WyJyZXBvc2l0b3JpZXMiLCAiYSJd", "é", "A" * 5000])
def test_bad_tokens(reg: Registry, token: str) -> None:
    """A token that is not of this list is refused."""
    with pytest.raises(e.InvalidParameter, match="Invalid parameter at 'nextToken'"):
        repositories.describe(reg, KEY, None, token, None)


def test_a_token_is_of_one_registry(reg: Registry) -> None:
    """A token of one registry's list is refused for another's."""
    for number in range(3):
        a_repository(reg, f"r{number}")
    _, token = repositories.describe(reg, KEY, None, None, 1)
    with pytest.raises(e.InvalidParameter):
        repositories.describe(reg, RegistryKey("999999999999", "us-east-1"), None, token, 1)


def test_describe_unknown(reg: Registry) -> None:
    """One unknown name refuses the whole call."""
    a_repository(reg)
    with pytest.raises(e.RepositoryNotFound, match="The repository with name 'nope' does not exist"):
        repositories.describe(reg, KEY, ["team/app", "nope"], None, None)


def test_delete_needs_force_for_images(reg: Registry) -> None:
    """A repository with images goes only by force, and takes them along."""
    a_repository(reg)
    an_image(reg, 1, "one")
    with pytest.raises(e.RepositoryNotEmpty, match="cannot be deleted because it still contains images"):
        repositories.delete(reg, a_caller(), KEY, "team/app", force=False)
    repositories.delete(reg, a_caller(), KEY, "team/app", force=True)
    with pytest.raises(e.RepositoryNotFound):
        repositories.delete(reg, a_caller(), KEY, "team/app", force=True)


@pytest.mark.parametrize("page", [1, 2, 1000])
def test_delete_by_force_tells_of_each_image(reg: Registry, monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    """Each tag of each image, also of one in the archive, is told of once; what is in the bin was told of already."""
    monkeypatch.setattr(repositories, "_PAGE", page)
    reg = replace(reg, keeping=replace(reg.keeping, retention=3600 * 1_000_000))
    a_repository(reg)
    a_repository(reg, "other")
    an_image(reg, 9, "other", name="other")
    two, none, gone = an_image(reg, 1, "a", "b"), an_image(reg, 2), an_image(reg, 3, "gone")
    archived = an_image(reg, 4, "old")
    storage_class.update(reg, a_caller(), KEY, "team/app", ImageId(archived, None), ARCHIVE)
    deletion.delete(reg, a_caller(), KEY, "team/app", gone)
    before = reg.db.read(outbox.last)
    repositories.delete(reg, a_caller(), KEY, "team/app", force=True)
    told = [event.detail for event in reg.db.read(lambda tx: outbox.page(tx, before, 100))]
    assert [(each["image-digest"], each.get("image-tag")) for each in told] == sorted(
        [(two, "a"), (two, "b"), (none, None), (archived, "old")], key=lambda pair: (pair[0], pair[1] or "")
    )
    for each in told:
        assert (each["action-type"], each["repository-name"]) == ("DELETE", "team/app")
        assert each["manifest-media-type"] == OCI_MANIFEST
    assert list(recycling.listing(reg)) == []


def test_a_repository_that_stays_tells_of_nothing(reg: Registry) -> None:
    """Where force is missing or an image is protected, nothing is told."""
    reg = replace(reg, keeping=replace(reg.keeping, protected_tags=("v*",)))
    a_repository(reg)
    an_image(reg, 1, "v1")
    before = reg.db.read(outbox.last)
    for force, refusal in ((False, e.RepositoryNotEmpty), (True, e.Protected)):
        with pytest.raises(refusal):
            repositories.delete(reg, a_caller(), KEY, "team/app", force=force)
    assert reg.db.read(outbox.last) == before


def test_regions(reg: Registry) -> None:
    """The installation's own region is known from the first, others when somebody has a repository there."""
    assert repositories.regions(reg) == {"us-east-1"}
    caller, elsewhere = a_caller(account="999999999999"), RegistryKey("999999999999", "eu-west-1")
    plain = {"mutability": Mutability(), "scan_on_push": False, "encryption_type": "AES256", "tags": {}}
    repositories.create(reg, caller, elsewhere, "there", **plain)  # type: ignore[arg-type]
    assert repositories.regions(reg) == {"us-east-1", "eu-west-1"}


def test_ids_are_not_used_again(reg: Registry) -> None:
    """A repository that is created again is another one."""
    first = a_repository(reg)
    repositories.delete(reg, a_caller(), KEY, "team/app", force=False)
    assert a_repository(reg).id > first.id


def test_tags_are_added_replaced_and_removed(reg: Registry) -> None:
    """Tags are put by key; keys that are not there are passed over when they are removed."""
    a_repository(reg)
    repositories.add_tags(reg, a_caller(), ARN, {"a": "1", "b": "2"})
    repositories.add_tags(reg, a_caller(), ARN, {"b": "3"})
    repositories.remove_tags(reg, a_caller(), ARN, ["a", "zz"])
    assert repositories.tags(reg, a_caller(), ARN) == {"b": "3"}


def test_tag_limits(reg: Registry) -> None:
    """Fifty tags are the most, also when they come in two calls; AWS's prefix is refused."""
    a_repository(reg)
    repositories.add_tags(reg, a_caller(), ARN, {f"k{number}": "" for number in range(50)})
    with pytest.raises(e.TooManyTags):
        repositories.add_tags(reg, a_caller(), ARN, {"one more": ""})
    repositories.add_tags(reg, a_caller(), ARN, {"k1": "replaced"})
    for key in ("aws:x", "AWS:x", "x" * 129, "a\u0000b"):
        with pytest.raises(e.InvalidTagParameter):
            repositories.add_tags(reg, a_caller(), ARN, {key: ""})


@pytest.mark.parametrize(
    "arn",
    ["", "x", "arn:aws:s3:::bucket", ARN.replace("us-east-1", "eu-west-1"), ARN + "/", ARN.upper(), ARN + "\n"],
)
def test_bad_arns(reg: Registry, arn: str) -> None:
    """Text that is no ARN of a repository of the called region is refused in ECR's words."""
    a_repository(reg)
    with pytest.raises(e.InvalidParameter, match=r"Invalid parameter at 'resourceArn' .* 'Invalid ARN'"):
        repositories.tags(reg, a_caller(), arn)


def test_settings(reg: Registry) -> None:
    """Mutability and scanOnPush are replaced one by one."""
    a_repository(reg)
    wanted = Mutability("MUTABLE_WITH_EXCLUSION", ("v*",))
    repositories.set_mutability(reg, a_caller(), KEY, "team/app", wanted)
    repositories.set_scan_on_push(reg, a_caller(), KEY, "team/app", scan_on_push=True)
    [found], _ = repositories.describe(reg, KEY, ["team/app"], None, None)
    assert (found.mutability, found.scan_on_push) == (wanted, True)
    with pytest.raises(e.RepositoryNotFound):
        repositories.set_mutability(reg, a_caller(), KEY, "nope", wanted)
    with pytest.raises(e.RepositoryNotFound):
        repositories.set_scan_on_push(reg, a_caller(), KEY, "nope", scan_on_push=True)


def test_changes_are_audited_with_them(reg: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change and its audit row are one transaction: where the row cannot be written, nothing changed."""
    a_repository(reg)
    rows = reg.db.read(lambda tx: tx.all("SELECT action, resource, request_id, principal FROM audit"))
    assert rows == [("ecr:CreateRepository", ARN, "request-1", f"arn:aws:iam::{ACCOUNT}:root")]

    def fail(*_: object) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr(audit_table, "insert", fail)
    with pytest.raises(RuntimeError):
        repositories.delete(reg, a_caller(), KEY, "team/app", force=False)
    assert len(repositories.name_page(reg, KEY, "", 10)[0]) == 1
