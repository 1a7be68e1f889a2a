"""Where a run took place: the machine, the versions, the file system, the load that was there already."""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
import subprocess
import textwrap
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import apsw

from bench import ceiling, processes
from bench.workloads import DOCKER_REGISTRY, MOTO, NGINX, Scale

SETTINGS = (
    "Entrepot runs with its defaults: SQLite, a worker for each CPU but at most four, a process for jobs, a log "
    "line for each request (to a file). Who calls it is an IAM user that logged in by GetAuthorizationToken: in a "
    "group with AmazonEC2ContainerRegistryPowerUser, with an inline policy that allows and denies by aws:SourceIp, "
    "at repositories that have policies. docker-registry has its file system driver (which waits for the disk, too: "
    "11 fsync for a small blob), deletion enabled, no access control and no log of requests. nginx serves the same "
    "bytes as files: four workers, sendfile, no log of requests. All speak HTTP/1.1 over loopback, with the "
    "generators of load on the same CPUs. Any error ends a run without figures."
)
_VERSION = re.compile(r"v?(\d+\.\d+[^\s,]*)")


def facts(folder: Path, rounds: int, seconds: float, servers: Sequence[str]) -> dict[str, str]:
    """What has to be known to judge the figures; `folder` is where the servers keep their data."""
    found = {
        "Date": dt.datetime.now(dt.UTC).strftime("%Y-%m-%d"),
        "Machine": f"{_cpu()}, {len(os.sched_getaffinity(0))} CPUs, {_memory()}",
        "Kernel": f"{platform.system()} {platform.release()}",
        "Data on": _file_system(folder),
        "Load before": f"{os.getloadavg()[0]:.2f}",
        "Entrepot": f"{version('entrepot')}, Python {platform.python_version()}, SQLite {apsw.sqlite_lib_version()}, "
        f"uvicorn {version('uvicorn')}, uvloop {version('uvloop')}",
        "wrk": _version("wrk", "-v"),
        "Rounds": f"{rounds} of {seconds:g} s for each row, the servers by turns (fewer of what is large); medians",
    }
    arguments = {DOCKER_REGISTRY: "--version", NGINX: "-v"}
    return found | {name: _version(name, arguments[name]) for name in servers if name in arguments} | _moto(servers)


def _cpu() -> str:
    names = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return names[0] if names else platform.machine()


def _memory() -> str:
    total = re.search(r"^MemTotal:\s*(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return f"{int(total[1]) / 1024 / 1024:.0f} GiB" if total else "memory unknown"


def _file_system(folder: Path) -> str:
    command = ["df", "--output=fstype", str(folder)]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    return lines[-1] if lines else "unknown"


def _version(name: str, argument: str) -> str:
    """What a program says of its version."""
    done = subprocess.run([processes.program(name), argument], capture_output=True, text=True, check=False)
    found = _VERSION.search(done.stdout + done.stderr)
    return found[1] if found else "unknown"


def _moto(servers: Sequence[str]) -> dict[str, str]:
    if MOTO not in servers:
        return {}
    try:
        return {MOTO: version("moto")}
    except PackageNotFoundError:
        return {MOTO: "as it is installed on this machine"}


def how(folder: Path, scale: Scale, parts: Sequence[str]) -> list[str]:
    """How the servers were set, and what the generator of pushes can do where pushes were measured."""
    told = textwrap.wrap(SETTINGS, 118)
    if "push" in parts:
        place = folder / "ceiling"
        place.mkdir()
        rates = ceiling.against_a_sink(place, scale)
        told += ["", "The generator of pushes against nginx that keeps nothing:", ""]
        told += [f"- {name}: {blobs:,.0f} blobs/s, {megabytes:,.0f} MB/s" for name, (blobs, megabytes) in rates.items()]
    return told
