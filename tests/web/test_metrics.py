"""Counting over several processes."""

import os

from entrepot.web import metrics
from entrepot.web.metrics import Meter


def in_child(work: object) -> None:
    """Run in a forked process, as workers are."""
    assert callable(work)
    pid = os.fork()
    if not pid:
        work()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0


def test_totals_over_processes_that_died() -> None:
    """Each process writes its own region; totals outlive it, and what it had in progress does not."""
    meter = Meter(2)

    def first() -> None:
        meter.claim(0)
        meter.begin()
        meter.end("a", "GET", "200", 0.003, 5, 7)
        meter.begin()

    def second() -> None:
        meter.claim(1)
        meter.begin()
        meter.end("a", "GET", "200", 100.0, 0, 1)
        meter.begin()
        meter.end("b", "PUT", "201", 1000.0, 0, 0)

    in_child(first)
    in_child(second)
    assert meter.read()[0] == 1
    in_child(first)
    text = meter.render().decode()
    for line in (
        'entrepot_requests_total{method="GET",route="a",status="200"} 3.0',
        'entrepot_requests_total{method="PUT",route="b",status="201"} 1.0',
        'entrepot_received_bytes_total{method="GET",route="a"} 10.0',
        'entrepot_sent_bytes_total{method="GET",route="a"} 15.0',
        'entrepot_request_seconds_bucket{le="0.0025",method="GET",route="a"} 0.0',
        'entrepot_request_seconds_bucket{le="0.005",method="GET",route="a"} 2.0',
        'entrepot_request_seconds_bucket{le="300.0",method="GET",route="a"} 3.0',
        'entrepot_request_seconds_bucket{le="300.0",method="PUT",route="b"} 0.0',
        'entrepot_request_seconds_bucket{le="+Inf",method="PUT",route="b"} 1.0',
        'entrepot_request_seconds_count{method="GET",route="a"} 3.0',
        "entrepot_requests_in_progress 1.0",
    ):
        assert line in text.splitlines(), line


def test_labels_are_bounded() -> None:
    """Routes beyond the table, names that are too long and unknown methods share rows; nothing is lost."""
    meter = Meter(1)
    for number in range(metrics.ROWS + 100):
        meter.begin()
        meter.end(f"route {number}", "GET", "200", 0.1, 0, 0)
    meter.begin()
    meter.end("x" * 500, "GET", "200", 0.1, 0, 0)
    _, sums = meter.read()
    assert len(sums) == metrics.ROWS + 1
    assert sums["other", "other", "other"][0] == 101
    small = Meter(1)
    for method in ("BREW", "PROPFIND", "BREW"):
        small.begin()
        small.end("a", method, "200", 0.1, 0, 0)
    assert list(small.read()[1]) == [("a", "other", "200")]


def test_a_claimed_region_goes_on() -> None:
    """Who takes a region over knows the rows that are there."""
    meter = Meter(2)
    meter.claim(1)
    for _ in range(2):
        meter.begin()
        meter.end("a", "GET", "200", 0.1, 0, 0)
        meter.claim(1)
    assert meter.read() == (0.0, {("a", "GET", "200"): meter.read()[1]["a", "GET", "200"]})
    assert meter.read()[1]["a", "GET", "200"][0] == 2
