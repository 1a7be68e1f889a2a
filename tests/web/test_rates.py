"""Request rates."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from entrepot.domain.errors import RateExceeded
from entrepot.web.rates import ActionRates, Buckets, Rates


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
    rates = Rates(5, clock=seconds)
    assert allowed(rates, "a", 20) == 5
    assert allowed(rates, "b", 20) == 5
    seconds.at = 0.6
    assert allowed(rates, "a", 20) == 3
    seconds.at = 60
    assert allowed(rates, "a", 20) == 5


def test_when_to_come_again() -> None:
    """Who is refused is told after how many seconds a request will be let through."""
    seconds = Seconds()
    rates = Rates(0.25, clock=seconds)
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
    rates = Rates(1, clock=Seconds())
    for n in range(20_000):
        rates.take(str(n))
    assert allowed(rates, "19999", 1) == 0
    assert allowed(rates, "0", 1) == 1


def test_a_machine_that_began_anew(tmp_path: Path) -> None:
    """What the file says of a clock that was further on is forgotten: nobody waits for that instant."""
    buckets = Buckets(tmp_path / "rates")
    assert [buckets.take("a", 1, lambda: 1e9) > 0 for _ in range(2)] == [False, True]
    assert [buckets.take("a", 1, lambda: 5.0) > 0 for _ in range(2)] == [False, True]
    assert buckets.take("a", 1, lambda: 6.0) == 0


def test_a_clock_that_steps_back(tmp_path: Path) -> None:
    """A clock that is a little behind what it said gives nobody more: no time has gone by until it is there again."""
    buckets = Buckets(tmp_path / "rates")
    instants = (100.0, 100.0, 99.9, 100.05, 95.0, 101.0, 100.5)
    assert [buckets.take("a", 1, lambda at=at: at) == 0 for at in instants] == [  # type: ignore[misc]
        *(True, False, False, False),
        *(False, True, False),
    ]


def test_a_damaged_file(tmp_path: Path) -> None:
    """A file that is cut off, or holds anything, gives rates all the same."""
    path = tmp_path / "rates"
    for number, data in enumerate((b"x" * 100, b"\xff" * 2**20)):
        path.write_bytes(data)
        assert allowed(Rates(5, Buckets(path), Seconds()), f"a{number}", 20) == 5


ASK = """
import sys
from pathlib import Path
from entrepot.web.rates import Buckets
buckets = Buckets(Path(sys.argv[1]))
sys.stdin.readline()
print(sum(buckets.take(who, 50, lambda: 1.0) == 0 for _ in range(300) for who in ("a", "b")))
"""


def test_processes_count_together(tmp_path: Path) -> None:
    """Four processes at once get as much as one would, no more and no less; one that was killed holds up nobody."""
    path = tmp_path / "rates"
    command = [sys.executable, "-c", ASK, str(path)]
    asking = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(5)]
    asking[0].kill()
    asking[0].communicate()
    for process in asking[1:]:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
    assert sum(int(process.communicate()[0]) for process in asking[1:]) == 100
    assert allowed(Rates(50, Buckets(path), lambda: 1.0), "a", 20) == 0
    assert allowed(Rates(50, Buckets(path), lambda: 1.0), "c", 60) == 50


ASK_FOR_A_WHILE = """
import sys, time
from pathlib import Path
from entrepot.web.rates import Buckets
buckets, through = Buckets(Path(sys.argv[1])), 0
sys.stdin.readline()
end = time.monotonic() + 2
while time.monotonic() < end:
    through += buckets.take("a", 10) == 0
print(through)
"""


def test_processes_on_the_clock_of_the_machine(tmp_path: Path) -> None:
    """Four processes that ask all the time for two seconds get a second's worth and the rate, whoever is first."""
    command = [sys.executable, "-c", ASK_FOR_A_WHILE, str(tmp_path / "rates")]
    asking = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(4)]
    began = time.monotonic()
    for process in asking:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
    through = sum(int(process.communicate()[0]) for process in asking)
    assert 20 <= through <= 10 + 10 * (time.monotonic() - began) + 1


def test_threads_count_together() -> None:
    """Threads that ask at once get as much as one would."""
    rates = Rates(50, clock=Seconds())
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: allowed(rates, "a", 50), range(8))) == 50


def test_actions() -> None:
    """Each action has its own rate; what is not named, or has the rate 0, has none."""
    rates = ActionRates({"ecr:PutImage": 10, "ecr:BatchGetImage": 2000, "ecr:ListImages": 0})
    assert rates.limited

    def through(action: str, who: str = "a") -> int:
        done = 0
        for _ in range(3000):
            try:
                rates.take(action, who, "us-east-1")
            except RateExceeded:
                break
            done += 1
        return done

    assert through("ecr:PutImage") in (10, 11)  # the clock goes on
    assert through("ecr:PutImage", "b") in (10, 11)
    assert 2000 <= through("ecr:BatchGetImage") < 3000
    assert through("ecr:ListImages") == through("ecr:DescribeImages") == 3000
    assert not ActionRates({"ecr:PutImage": 0}).limited


def test_regions() -> None:
    """Regions that are known count apart, all others as one; it may become known that there is one."""
    rates = ActionRates({"ecr:PutImage": 0.001}, regions=("us-east-1",))

    def through(*regions: str) -> list[str]:
        done = []
        for region in regions:
            with suppress(RateExceeded):
                rates.take("ecr:PutImage", "a", region)
                done.append(region)
        return done

    assert through("us-east-1", "us-east-1", "eu-west-1", "mars-1", "mars-2") == ["us-east-1", "eu-west-1"]
    rates.regions = {"us-east-1", "mars-1"}
    assert through("us-east-1", "eu-west-1", "mars-1", "mars-1", "mars-2") == ["mars-1"]
