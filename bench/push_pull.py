"""One push and one pull, large and small, over HTTP: entrepot and docker-registry by turns, as ratios."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shlex
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LARGE_BYTES = 100 * 1000 * 1000
SMALL_BYTES = 10 * 1000
SMALL_IMAGES = 40
ROUNDS = 5
# No round starts after this many seconds.
LAST_START = 40
CHUNK = 1024 * 1024
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
ROWS = ("push 100 MB, MB/s", "pull 100 MB, MB/s", "push 10 KB, images/s", "pull 10 KB, images/s")


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry that is up, and what it asks of a client."""

    name: str
    port: int
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Client:
    """One connection that pushes and pulls as docker does: POST, PATCH in chunks, PUT, for each blob."""

    connection: http.client.HTTPConnection
    headers: Mapping[str, str]

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[http.client.HTTPMessage, bytes]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        chunked = body is not None and not isinstance(body, bytes)
        self.connection.request(method, path, body, {**self.headers, **named}, encode_chunked=chunked)
        response = self.connection.getresponse()
        content = response.read()
        if response.status >= http.HTTPStatus.MULTIPLE_CHOICES:
            raise SystemExit(f"{method} {path}: {response.status} {content[:500]!r}")
        return response.headers, content

    def push_blob(self, content: bytes) -> dict[str, object]:
        digest = _digest(content)
        where, _ = self.call("POST", "/v2/bench/blobs/uploads/", b"")
        pieces = (memoryview(content)[start : start + CHUNK] for start in range(0, len(content), CHUNK))
        where, _ = self.call("PATCH", _path(where), pieces, Transfer_Encoding="chunked")
        path = _path(where)
        self.call("PUT", f"{path}{'&' if '?' in path else '?'}digest={digest}", b"")
        return {"digest": digest, "size": len(content)}

    def push(self, layer: bytes, tag: str) -> None:
        config = json.dumps({"os": "linux", "architecture": "amd64", "author": tag}).encode()
        layers = [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **self.push_blob(layer)}]
        described = {"mediaType": "application/vnd.oci.image.config.v1+json", **self.push_blob(config)}
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described, "layers": layers}
        self.call("PUT", f"/v2/bench/manifests/{tag}", json.dumps(manifest).encode(), Content_Type=MANIFEST)

    def pull(self, tag: str) -> None:
        _, document = self.call("GET", f"/v2/bench/manifests/{tag}", Accept=MANIFEST)
        manifest = json.loads(document)
        for blob in (manifest["config"], *manifest["layers"]):
            _, content = self.call("GET", f"/v2/bench/blobs/{blob['digest']}")
            if _digest(content) != blob["digest"]:
                raise SystemExit(f"{blob['digest']} came back as something else")


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _path(headers: http.client.HTTPMessage) -> str:
    parts = urlsplit(headers["Location"])
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _process(command: list[str], env: dict[str, str], folder: Path, port: int, path: str) -> Iterator[None]:
    """Run a server until the block ends; it is up when `path` answers at all."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=env, cwd=folder, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 20
        while not _answers(port, path):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{command[0]} does not start:\n{(folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int, path: str) -> bool:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        try:
            connection.request("GET", path)
            return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
        except OSError:
            return False


@contextmanager
def entrepot(folder: Path) -> Iterator[Registry]:
    """Entrepot as `make serve` starts it, with a repository `bench` and a login."""
    port = _free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ENTREPOT_"))}
    env = kept | {"ENTREPOT_DATA_DIR": str(folder / "data"), "ENTREPOT_LISTEN": f"127.0.0.1:{port}"}
    with _process([sys.executable, "-m", "entrepot", "serve"], env, folder, port, "/readyz"):
        shell = subprocess.run([sys.executable, "-m", "entrepot", "env"], env=env, check=True, stdout=subprocess.PIPE)
        words = [word for line in shell.stdout.decode().splitlines() for word in shlex.split(line)]
        exported = dict(word.split("=", 1) for word in words if "=" in word)
        ecr = boto3.client(
            "ecr",
            endpoint_url=exported["AWS_ENDPOINT_URL"],
            region_name=exported["AWS_REGION"],
            aws_access_key_id=exported["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=exported["AWS_SECRET_ACCESS_KEY"],
        )
        ecr.create_repository(repositoryName="bench")
        token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        yield Registry("entrepot", port, {"Authorization": f"Basic {token}"})


@contextmanager
def docker_registry(folder: Path) -> Iterator[Registry]:
    """Debian's docker-registry with its defaults; it checks no password, which is to its advantage."""
    port = _free_port()
    config = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": f"127.0.0.1:{port}"},
    }
    (folder / "config.yml").write_text(json.dumps(config))
    command = ["docker-registry", "serve", str(folder / "config.yml")]
    with _process(command, dict(os.environ), folder, port, "/v2/"):
        yield Registry("docker-registry", port, {})


def measure(registry: Registry, number: int, large: bytes) -> dict[str, float]:
    """One round with one registry: rates by row. The content is new in every round."""
    smalls = [os.urandom(SMALL_BYTES) for _ in range(SMALL_IMAGES)]
    with closing(http.client.HTTPConnection("127.0.0.1", registry.port, timeout=60)) as connection:
        client = Client(connection, registry.headers)
        marks = [time.perf_counter()]
        client.push(large, f"large-{number}")
        marks.append(time.perf_counter())
        client.pull(f"large-{number}")
        marks.append(time.perf_counter())
        for position, small in enumerate(smalls):
            client.push(small, f"small-{number}-{position}")
        marks.append(time.perf_counter())
        for position in range(SMALL_IMAGES):
            client.pull(f"small-{number}-{position}")
        marks.append(time.perf_counter())
    work = (LARGE_BYTES / 1e6, LARGE_BYTES / 1e6, SMALL_IMAGES, SMALL_IMAGES)
    spans = (end - start for start, end in pairwise(marks))
    return {row: amount / span for row, amount, span in zip(ROWS, work, spans, strict=True)}


def table(names: list[str], medians: Mapping[str, Mapping[str, float]]) -> list[str]:
    """A line per row: each registry's median, and the first one's ratio to the second."""
    lines = ["".join([f"{'':24}", *(f"{name:>18}" for name in names), f"{'ratio':>10}" if names[1:] else ""])]
    for row in ROWS:
        values = [medians[name][row] for name in names]
        ratio = f"{values[0] / values[1]:>9.2f}x" if values[1:] else ""
        lines.append("".join([f"{row:24}", *(f"{value:>18.1f}" for value in values), ratio]))
    return lines


def main() -> None:
    """Print the medians of up to five rounds, in less than a minute."""
    began = time.monotonic()
    starters = [entrepot, docker_registry] if shutil.which("docker-registry") else [entrepot]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="entrepot-bench-")))
        registries = []
        for starter in starters:
            (folder / starter.__name__).mkdir()
            registries.append(stack.enter_context(starter(folder / starter.__name__)))
        results: dict[str, list[dict[str, float]]] = {registry.name: [] for registry in registries}
        content = bytearray(os.urandom(LARGE_BYTES))
        for number in range(ROUNDS):
            if time.monotonic() - began > LAST_START:
                break
            content[:8] = number.to_bytes(8, "big")
            for registry in registries:
                results[registry.name].append(measure(registry, number, bytes(content)))
    medians = {
        name: {row: statistics.median(one[row] for one in rounds) for row in ROWS} for name, rounds in results.items()
    }
    rounds = len(next(iter(results.values())))
    print(f"medians of {rounds} rounds, one connection, {os.cpu_count()} cores, {time.monotonic() - began:.0f} s")
    print("\n".join(table(list(results), medians)))
    if len(registries) == 1:
        print("docker-registry is not installed (Debian: apt-get install docker-registry): nothing to compare with")


if __name__ == "__main__":
    main()
