"""The quotas of Amazon ECR."""

from __future__ import annotations

from tests.aws import oracle

from entrepot.domain.quotas import RATES, Quotas


def test_defaults() -> None:
    """What the page "Amazon ECR service quotas" says."""
    assert Quotas() == Quotas(100_000, 100_000, 1_000, 52_000 * 1024**2, 4_200)


def test_rates_are_of_operations() -> None:
    """Each rate belongs to an operation that there is."""
    assert len(RATES) == 8
    for action in RATES:
        service, _, name = action.partition(":")
        assert oracle.operation(service, name).name == name
