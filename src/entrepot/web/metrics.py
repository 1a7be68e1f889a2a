"""What is counted of requests, in memory that all processes of the tree share, and how Prometheus reads it.

Each worker writes only its own region and needs no lock; whoever answers `/metrics` adds the regions up.
A region outlives its worker, so that a total never falls when a worker dies. See docs/decisions.
"""

import mmap
import struct
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import TypeAlias

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector, CollectorRegistry

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0, 300.0)
"""Upper ends of the duration buckets, in seconds; one more bucket takes the rest."""

ROWS = 512
"""Combinations of route, method and status that a region tells apart; later ones share a last row."""

METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"})

_KEY = 120
_REQUESTS, _SECONDS, _IN, _OUT, _BUCKETS = range(5)
_CELLS = _BUCKETS + len(BOUNDS) + 1
_HEAD = 16
_REGION = _HEAD + (ROWS + 1) * (_KEY + 8 * _CELLS)
_OTHER = ("other", "other", "other")

Key = tuple[str, str, str]

Figure: TypeAlias = Metric
"""A figure and its name."""


class Meter:
    """The regions of all workers; made before the first fork, `claim`ed by each worker after it."""

    __slots__ = ("_cells", "_file", "_head", "_region", "_rows", "regions")

    def __init__(self, regions: int = 1) -> None:
        self.regions = regions
        self._file = mmap.mmap(-1, regions * _REGION)
        self.claim(0)

    def claim(self, region: int) -> None:
        """Write to this region from now on, going on from the totals of the worker that had it before."""
        start = region * _REGION
        view = memoryview(self._file)[start : start + _REGION]
        self._region = region
        self._head = view[:_HEAD].cast("d")
        self._cells = view[_HEAD + (ROWS + 1) * _KEY :].cast("d")
        self._rows = {key: row * _CELLS for row, key in enumerate(_keys(self._file, start))}
        self._head[0] = 0.0

    def begin(self) -> None:
        """Count a request as in progress."""
        self._head[0] += 1.0

    def end(self, route: str, method: str, status: str, seconds: float, received: int, sent: int) -> None:
        """Count a request as done; `received` and `sent` are bytes of bodies."""
        cells, row = self._cells, self._rows.get((route, method, status))
        if row is None:
            row = self._add((route, method if method in METHODS else "other", status))
        self._head[0] -= 1.0
        cells[row] += 1.0
        cells[row + _SECONDS] += seconds
        cells[row + _IN] += received
        cells[row + _OUT] += sent
        bucket = row + _BUCKETS
        for bound in BOUNDS:
            if seconds <= bound:
                break
            bucket += 1
        cells[bucket] += 1.0

    def _add(self, key: Key) -> int:
        """Give a new combination its row: name first, so that a reader sees it only when it is whole."""
        if key not in self._rows:
            name = "\t".join(key).encode()
            if len(self._rows) >= ROWS or len(name) > _KEY - 2:
                key, name = _OTHER, "\t".join(_OTHER).encode()
            if key not in self._rows:
                row = len(self._rows)
                start = self._region * _REGION + _HEAD + row * _KEY
                self._file[start + 2 : start + 2 + len(name)] = name
                self._file[start : start + 2] = struct.pack("<H", len(name))
                self._rows[key] = row * _CELLS
        return self._rows[key]

    def read(self) -> tuple[float, dict[Key, list[float]]]:
        """Return requests in progress and the cells of each combination, summed over all regions."""
        running, sums = 0.0, dict[Key, list[float]]()
        for start in range(0, self.regions * _REGION, _REGION):
            running += struct.unpack_from("d", self._file, start)[0]
            cells = start + _HEAD + (ROWS + 1) * _KEY
            for row, key in enumerate(_keys(self._file, start)):
                values = struct.unpack_from(f"{_CELLS}d", self._file, cells + row * _CELLS * 8)
                before = sums.get(key)
                sums[key] = list(values) if before is None else [a + b for a, b in zip(before, values, strict=True)]
        return running, sums

    def render(self, more: Iterable[Figure] = ()) -> bytes:
        """Return the totals of all workers, and what else there is, in Prometheus's text format."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Totals(self, tuple(more)))
        return generate_latest(registry)


def total(name: str, text: str, value: float) -> Figure:
    """A figure that only grows; `_total` is added to its name."""
    return CounterMetricFamily(f"entrepot_{name}", text, value=value)


def level(name: str, text: str, value: float) -> Figure:
    """A figure that grows and shrinks."""
    return GaugeMetricFamily(f"entrepot_{name}", text, value=value)


def _keys(file: mmap.mmap, start: int) -> Iterator[Key]:
    for at in range(start + _HEAD, start + _HEAD + (ROWS + 1) * _KEY, _KEY):
        length = struct.unpack_from("<H", file, at)[0]
        if not length:
            return
        route, method, status = file[at + 2 : at + 2 + length].decode().split("\t")
        yield route, method, status


class _Totals(Collector):
    """Shows a meter to prometheus_client."""

    def __init__(self, meter: Meter, more: tuple[Figure, ...]) -> None:
        self._meter = meter
        self._more = more

    def collect(self) -> Iterable[Metric]:
        running, sums = self._meter.read()
        labels = ("route", "method", "status")
        requests = CounterMetricFamily("entrepot_requests", "Requests answered.", labels=labels)
        received = CounterMetricFamily("entrepot_received_bytes", "Bytes of request bodies.", labels=labels[:2])
        sent = CounterMetricFamily("entrepot_sent_bytes", "Bytes of answers' bodies.", labels=labels[:2])
        for key, cells in sums.items():
            requests.add_metric(key, cells[_REQUESTS])
        gauge = GaugeMetricFamily("entrepot_requests_in_progress", "Requests being answered.", value=running)
        seconds = HistogramMetricFamily("entrepot_request_seconds", "Time to answer.", labels=labels[:2])
        for route_method, cells in _without_status(sums).items():
            received.add_metric(route_method, cells[_IN])
            sent.add_metric(route_method, cells[_OUT])
            ends = [*(str(bound) for bound in BOUNDS), "+Inf"]
            buckets = list(zip(ends, accumulate(cells[_BUCKETS:]), strict=True))
            seconds.add_metric(route_method, buckets, cells[_SECONDS])
        return (requests, seconds, gauge, received, sent, *self._more)


def _without_status(sums: dict[Key, list[float]]) -> dict[tuple[str, str], list[float]]:
    merged: dict[tuple[str, str], list[float]] = {}
    for (route, method, _), cells in sums.items():
        before = merged.get((route, method))
        merged[route, method] = cells if before is None else [a + b for a, b in zip(before, cells, strict=True)]
    return merged
