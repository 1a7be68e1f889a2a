"""Errors: each prints a sentence, and both doors can tell it."""

from __future__ import annotations

import copy
import pkgutil
from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module

import pytest

from entrepot.aws import errors as aws_errors
from entrepot.domain import errors
from entrepot.domain.errors import RegistryError
from entrepot.oci import errors as oci_errors


def every(base: type[RegistryError] = RegistryError) -> Iterator[type[RegistryError]]:
    for cls in base.__subclasses__():
        if cls.__module__.startswith("entrepot."):
            yield cls
            yield from every(cls)


CLASSES = sorted(set(every()), key=lambda cls: cls.__name__)


def example(cls: type[RegistryError]) -> RegistryError:
    kinds = {"int": 7, "str": "text", "str | None": None, "tuple[str, ...]": ("one", "two")}
    return cls(*(kinds[str(field.type)] for field in fields(cls)))


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_reads_on_both_wires(cls: type[RegistryError]) -> None:
    """Each error has a sentence, a status and an OCI code, and an exception name."""
    error = example(cls)
    assert str(error)
    assert str(error) != cls.__name__
    response = oci_errors.render(error)
    assert 400 <= response.status <= 507
    assert aws_errors.fault(error).code
    assert repr(error).startswith(f"{cls.__name__}(")
    again = copy.copy(error)
    assert (type(again), repr(again), str(again)) == (cls, repr(error), str(error))


def test_tables_hold_nothing_else() -> None:
    """No row is left over from an error that is gone."""
    assert set(oci_errors.CODES) <= set(CLASSES)


def test_the_package_offers_every_class() -> None:
    """Each class of its modules under its name, and nothing else."""
    found = {}
    for info in pkgutil.iter_modules(errors.__path__, f"{errors.__name__}."):
        for name, value in vars(import_module(info.name)).items():
            if isinstance(value, type) and value.__module__ == info.name:
                assert name not in found
                found[name] = value
    assert {name: getattr(errors, name) for name in errors.__all__} == found
    assert set(CLASSES) | {RegistryError} >= set(found.values())


def test_details_are_for_the_log() -> None:
    """What a disk or a database said is not told to clients."""
    for cls in CLASSES:
        if any(field.name == "detail" for field in fields(cls)) and cls.__name__ == "StorageUnavailable":
            assert b"text" not in bytes(oci_errors.render(example(cls)).body)  # type: ignore[arg-type]
