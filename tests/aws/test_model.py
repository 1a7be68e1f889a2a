"""The vendored models, read by us and by botocore."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import pytest
from tests.aws import oracle

from entrepot.aws import model

ROOT = Path(__file__).parents[2]
OPERATIONS = [(service, name) for service in model.SERVICES for name in model.service(service).operations]


def ours(service: str, name: str) -> model.Operation:
    found = model.service(service).operation(name)
    assert found is not None
    return found


def same(mine: model.Shape, theirs: Any) -> None:
    """Compare a shape and all that it holds with botocore's."""
    traits = theirs.metadata
    assert (mine.name, mine.kind) == (theirs.name, theirs.type_name)
    assert mine.wire_name == theirs.serialization.get("name")
    assert mine.flattened == theirs.serialization.get("flattened", False)
    assert mine.timestamp_format == theirs.serialization.get("timestampFormat")
    assert list(mine.choices) == traits.get("enum", [])
    assert (mine.least, mine.most) == (traits.get("min"), traits.get("max"))
    assert (mine.pattern_text, mine.sensitive) == (traits.get("pattern", ""), traits.get("sensitive", False))
    assert list(mine.required) == traits.get("required", [])
    match theirs.type_name:
        case "structure":
            assert mine.union == theirs.is_tagged_union
            assert list(mine.members) == list(theirs.members)
            for name, member in theirs.members.items():
                same(mine.members[name], member)
        case "list":
            same(mine.of(), theirs.member)
        case "map":
            assert mine.key is not None
            same(mine.key, theirs.key)
            same(mine.of(), theirs.value)


@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_every_operation_is_read_as_botocore_reads_it(service: str, name: str) -> None:
    """Input, output, errors and wrapper of every vendored operation are what botocore makes of the same file."""
    mine, theirs = ours(service, name), oracle.operation(service, name)
    for shape, other in ((mine.input, theirs.input_shape), (mine.output, theirs.output_shape)):
        if other is None:
            assert not shape.members
        else:
            same(shape, other)
    if theirs.output_shape is not None:
        assert mine.result_wrapper == theirs.output_shape.serialization.get("resultWrapper")
    assert [error.name for error in theirs.error_shapes] == list(mine.errors)
    for error in theirs.error_shapes:
        assert mine.errors[error.name].code == error.metadata.get("error", {}).get("code", error.name)
    assert mine.signed == (theirs.auth_type != "none")


@pytest.mark.parametrize("name", model.SERVICES)
def test_the_tables_agree_with_the_models(name: str) -> None:
    """Signing name, target prefix, version and protocols are those of the model's metadata."""
    mine, theirs = model.service(name), oracle.service(name)
    assert (mine.signing_name, mine.api_version) == (theirs.signing_name, theirs.api_version)
    assert mine.query_compatible == theirs.is_query_compatible
    if "json" in mine.protocols:
        assert model.TARGETS[mine.target_prefix] == name
    assert (model.QUERY_VERSIONS.get(mine.api_version) == name) == ("query" in mine.protocols)
    assert (model.CBOR_SERVICES.get(mine.target_prefix) == name) == ("smithy-rpc-v2-cbor" in mine.protocols)


def test_an_operation_is_found_by_target_action_and_path() -> None:
    """Each of the three ways finds the operation, and minds the case."""
    found = model.by_target("AmazonEC2ContainerRegistry_V20150921.PutImage")
    assert found is not None
    assert found[1] is ours("ecr", "PutImage")
    found = model.by_action("GetCallerIdentity", "2011-06-15")
    assert found is not None
    assert found[1] is ours("sts", "GetCallerIdentity")
    found = model.by_rpc_path("/service/GraniteServiceVersion20100801/operation/ListMetrics")
    assert found is not None
    assert found[1] is ours("cloudwatch", "ListMetrics")


@pytest.mark.parametrize("target", ["", ".", "PutImage", "amazonec2containerregistry_v20150921.PutImage", "X.PutImage"])
def test_an_unknown_target_is_nobody(target: str) -> None:
    """A prefix of no service finds nothing."""
    assert model.by_target(target) is None


@pytest.mark.parametrize("name", ["", "putImage", "putimage", "PutImage ", "__class__", "AssumeRole"])
def test_an_unknown_operation_of_a_known_service_is_none(name: str) -> None:
    """Names are exact; another service's operation is unknown."""
    assert model.by_target(f"AmazonEC2ContainerRegistry_V20150921.{name}") == (model.service("ecr"), None)


def shapes_with_patterns() -> list[Any]:
    found = {}
    for service, name in OPERATIONS:
        ours(service, name)
        for shape in model.service(service).shapes.values():
            if shape.pattern is not None:
                found[f"{service}.{shape.name}"] = shape
    return [pytest.param(shape, id=key) for key, shape in found.items()]


@pytest.mark.parametrize("shape", shapes_with_patterns())
def test_no_pattern_takes_long(shape: model.Shape) -> None:
    """Every pattern compiles and ends on hostile text of the longest length that is tried."""
    assert shape.pattern is not None
    size = int(min(shape.most or 4000, 4000))
    for piece in ("a", "a-", "a/", "*", "a*", "0", "a_", "-", "1.", "arn:aws:kms:", " "):
        text = (piece * size)[: size - 1] + "!"
        found = shape.pattern.fullmatch(text)
        assert found is None or found.end() == size


@pytest.mark.parametrize("key", model.patches())
def test_every_patch_is_of_a_pattern(key: str) -> None:
    """No patch is left over from an older model."""
    service, _, name = key.partition(".")
    assert model.service(service).model["shapes"][name]["pattern"] != model.patches()[key]


def test_the_patched_patterns_mean_the_same() -> None:
    """Tag keys take letters of any script; the scanning filter takes and refuses what AWS's pattern does."""
    key = model.service("sts").shapes["tagKeyType"].pattern
    scan = model.service("ecr").shapes["ScanningRepositoryFilterValue"].pattern
    assert key is not None
    assert scan is not None
    assert all(key.fullmatch(text) for text in ("Kosten_stelle", "비용 센터", "a:b/c=d+e-f@g"))
    assert not any(key.fullmatch(text) for text in ("", "a\tb", "a#b", "a;b"))
    assert all(scan.fullmatch(text) for text in ("a", "*", "team/app-*", "a.b_c*d"))
    assert not any(scan.fullmatch(text) for text in ("", "a//b", "/a", "a/", "A", "a\n"))


@pytest.mark.parametrize("tool", ["vendor_aws_models", "generate_aws_types"])
def test_the_generated_files_are_up_to_date(tool: str) -> None:
    """Running the tool again would change nothing."""
    version = (resources.files("entrepot.aws") / "models" / "VERSION").read_text().split()[-1]
    if tool == "vendor_aws_models" and metadata.version("botocore") != version:
        pytest.skip(f"the installed botocore is not {version}, from which the models were copied")
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / f"{tool}.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_botocore_is_not_loaded() -> None:
    """Reading the models does not import botocore."""
    code = "import sys; from entrepot.aws import dispatch; print(dispatch.OPERATIONS != {}, 'botocore' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True False\n"
