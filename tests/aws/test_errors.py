"""Every domain error has an AWS name, and every name a form on each wire."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from tests.aws import oracle

from entrepot.aws import answers, errors, model
from entrepot.aws.target import Target
from entrepot.domain import errors as domain
from entrepot.domain.errors import RegistryError


def every(cls: type[RegistryError] = RegistryError) -> list[type[RegistryError]]:
    """The classes of domain/errors/, however deep; other modules' own are not told to clients."""
    found = [cls] if cls.__module__.startswith(f"{domain.__name__}.") else []
    return found + [each for sub in cls.__subclasses__() for each in every(sub)]


ALL = every()


def example(cls: type[RegistryError]) -> RegistryError:
    """One with a value in every field: its name, numbers where it has numbers, several where it has several."""
    values: list[Any] = []
    for each in fields(cls):
        kind = str(each.type)
        values.append(7 if kind == "int" else (each.name,) if kind.startswith("tuple") else each.name)
    return cls(*values)


def declaring(code: str) -> tuple[str, str] | None:
    """An operation whose model declares the error."""
    for name in model.SERVICES:
        service = model.service(name)
        for operation_name in service.operations:
            operation = service.operation(operation_name)
            if operation is not None and code in operation.errors:
                return name, operation_name
    return None


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_every_error_has_a_name(cls: type[RegistryError]) -> None:
    """It stands in the table, under a name that some operation declares or that is common to all."""
    entry = errors.CODES[cls]
    code = entry if isinstance(entry, str) else entry[0]
    assert code in errors.COMMON or declaring(code) is not None


def test_nothing_else_has_a_name() -> None:
    """The tables name classes of the domain only, and attributes that these have."""
    assert set(errors.CODES) == set(ALL)
    for cls, members in errors.FIELDS.items():
        assert set(members.values()) <= {each.name for each in fields(cls)}


@pytest.mark.parametrize("protocol", ["json", "query", "cbor"])
@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_botocore_reads_every_error(cls: type[RegistryError], protocol: Any) -> None:
    """Code and message arrive on each wire."""
    fault = errors.fault(example(cls))
    operation = model.service("ecr").operation("PutImage")
    assert operation is not None
    answer = answers.refusal(Target(protocol, operation.service, operation), fault, "r-1")
    wire = "smithy-rpc-v2-cbor" if protocol == "cbor" else protocol
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    seen = oracle.answer(wire, oracle.operation("ecr", "PutImage"), answer.body, answer.status, headers)["Error"]
    shape = operation.service.error(fault.code)
    code = errors.query_code_of(shape, fault.code) if protocol == "query" else fault.code
    assert (seen["Code"], seen["Message"]) == (code, fault.message)
    assert 400 <= answer.status <= 503


def modelled() -> list[Any]:
    found = []
    for name in model.SERVICES:
        service = model.service(name)
        for operation_name in service.operations:
            operation = service.operation(operation_name)
            if operation is not None:
                found += [pytest.param(service, error, id=f"{name}-{error}") for error in operation.errors]
    return list({param.id: param for param in found}.values())


@pytest.mark.parametrize(("service", "name"), modelled())
def test_every_modelled_error_has_its_status(service: model.Service, name: str) -> None:
    """The status is the model's `httpStatusCode`, else 400, or 500 for a fault."""
    raw = service.model["shapes"][name]
    shape = service.error(name)
    assert shape is not None
    expected = raw.get("error", {}).get("httpStatusCode", 500 if raw.get("fault") else 400)
    assert errors.status_of(shape, name, query=False) == expected


def test_a_kms_error_says_which() -> None:
    """KmsException has a member of its own."""
    fault = errors.fault(domain.KmsUnavailable())
    assert (fault.code, dict(fault.fields)) == ("KmsException", {"kmsError": "KMS_NOT_AVAILABLE"})


def test_a_subclass_goes_by_its_parents_name() -> None:
    """An error that another module made is told as the nearest class in the table."""

    class Odd(domain.RepositoryNotFound):
        pass

    assert errors.fault(Odd("a", "1")).code == "RepositoryNotFoundException"
