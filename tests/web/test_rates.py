"""Request rates."""

from __future__ import annotations

import pytest

from entrepot.domain.errors import RateExceeded
from entrepot.web.rates import ActionRates, Rates


class Seconds:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def allowed(rates: Rates, who: str, times: int) -> int:
    """How many of so many requests at once are let through."""
    through = 0
    for _ in range(times):
        try:
            rates.take(who)
        except RateExceeded:
            continue
        through += 1
    return through


def test_a_rate() -> None:
    """A second's worth at once, then as many as the rate gives, for each caller alone."""
    seconds = Seconds()
    rates = Rates(5, seconds)
    assert allowed(rates, "a", 20) == 5
    assert allowed(rates, "b", 20) == 5
    seconds.at = 0.6
    assert allowed(rates, "a", 20) == 3
    seconds.at = 60
    assert allowed(rates, "a", 20) == 5


def test_when_to_come_again() -> None:
    """Who is refused is told after how many seconds a request will be let through."""
    seconds = Seconds()
    rates = Rates(0.25, seconds)
    rates.take("a")
    with pytest.raises(RateExceeded) as refused:
        rates.take("a")
    assert refused.value.seconds == 4
    seconds.at = refused.value.seconds
    rates.take("a")


def test_no_limit() -> None:
    """0 lets everything through."""
    assert allowed(Rates(0), "a", 1000) == 1000


def test_memory_is_bounded() -> None:
    """Callers that were not seen for long are forgotten."""
    rates = Rates(1, Seconds())
    for n in range(20_000):
        rates.take(str(n))
    assert allowed(rates, "19999", 1) == 0
    assert allowed(rates, "0", 1) == 1


def test_actions() -> None:
    """Each action has its own rate, shared by processes; what is not named has none."""
    rates = ActionRates({"ecr:PutImage": 10, "ecr:BatchGetImage": 2000}, processes=2)

    def through(action: str, who: str = "a") -> int:
        done = 0
        for _ in range(3000):
            try:
                rates.take(action, who)
            except RateExceeded:
                break
            done += 1
        return done

    assert through("ecr:PutImage") in (5, 6)  # the clock goes on
    assert through("ecr:PutImage", "b") in (5, 6)
    assert 1000 <= through("ecr:BatchGetImage") < 3000
    assert through("ecr:ListImages") == 3000
