"""The contract of the benchmark: servers, workloads, what a round measured, and what a part hands to the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ENTREPOT = "entrepot"
DOCKER_REGISTRY = "docker-registry"
NGINX = "nginx"
MOTO = "moto_server"
REGISTRIES = (ENTREPOT, DOCKER_REGISTRY)
WITH_FILES = (ENTREPOT, DOCKER_REGISTRY, NGINX)
# A repository that entrepot's user may push to and pull from; all repositories that match it exist on first push.
REPOSITORY = "bench/app"


class Failed(Exception):
    """A workload met an error (an answer that is not 2xx, a wrong length, a timeout): the run has no result."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What signs AWS calls to a server."""

    access_key_id: str
    secret_access_key: str
    region: str


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is up on 127.0.0.1; `pid` is the first process of its tree, `folder` all that it keeps.

    `headers` go with every request to `/v2/` (Authorization where the server asks for it). `tls_port` is 0 where it
    speaks no TLS. `key` signs calls to the AWS API of those who have one.
    """

    name: str
    port: int
    folder: Path
    pid: int
    tls_port: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    key: ApiKey | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a run is: the sizes and counts of the table, or tiny ones that show that everything works."""

    smoke: bool = False

    def of(self, full: int, smoke: int) -> int:
        """The one or the other."""
        return smoke if self.smoke else full


@dataclass(frozen=True, slots=True)
class Measured:
    """One round of a workload on one server: work per second (or the figure itself) and milliseconds of a request."""

    rate: float
    p50_ms: float | None = None
    p99_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Workload:
    """A row of the table. `run(server, seconds)` measures one round and raises Failed on any error.

    `targets` maps a rival to the wanted ratio ours/theirs: at least that, or at most where less is better; `limit` is
    the same for our own figure. `rounds` bounds the rounds of what is long. `writes` is about how many bytes a round
    has a server write, at most, and `clean` deletes them. `note` stands under the table.
    """

    name: str
    part: str
    unit: str
    servers: tuple[str, ...]
    run: Callable[[Server, float], Measured]
    more_is_better: bool = True
    targets: Mapping[str, float] = field(default_factory=dict)
    limit: float | None = None
    rounds: int | None = None
    writes: int = 0
    clean: Callable[[Server], None] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """One cost of entrepot as something grows: a value for each size, in order; less is better.

    `within`: no value may be more than so many times the first. `limit`: none may be more than this.
    """

    name: str
    unit: str
    sizes: tuple[str, ...]
    values: tuple[float, ...]
    within: float | None = None
    limit: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """What a program of its own printed, and whether its targets were met."""

    words: str
    met: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A module's share of the benchmark: `python -m bench NAME` runs it.

    Side by side: `servers` are started with fresh folders, `fill(server, scale)` puts in what the workloads need
    (once for each server, before the first round), then the rounds of all `workloads(scale)` are interleaved.
    Alone: `curves(folder, scale)` starts what it needs in an empty folder and measures entrepot by itself, and
    `text(scale)` runs a program of its own. A part may be several of these.
    """

    name: str
    title: str
    servers: tuple[str, ...] = ()
    fill: Callable[[Server, Scale], None] | None = None
    workloads: Callable[[Scale], list[Workload]] | None = None
    curves: Callable[[Path, Scale], list[Curve]] | None = None
    text: Callable[[Scale], Text] | None = None
