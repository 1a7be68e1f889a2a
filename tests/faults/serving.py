"""A real server on a prepared folder that is killed and started again, and plain requests that may break off."""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.clients.processes import background, environment, free_port
from tests.factories import ACCOUNT, REGION
from tests.faults.workload import NAME, prepared, registry

from entrepot.domain import manifests
from entrepot.registry import credentials

SECONDS = 30.0
"""When a request or a process hangs."""

KIB64 = 64 * 1024


class Broken(Exception):
    """The server went away before it answered."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def place(self) -> str:
        """Where an upload goes on."""
        return urlsplit(self.headers["Location"]).path


@dataclass(frozen=True, slots=True)
class Site:
    """A prepared data folder, the port that its servers take in turn, and a login token good for all of them."""

    folder: Path
    port: int
    authorization: str
    home: Path

    @property
    def env(self) -> dict[str, str]:
        return environment(self.home) | {
            "ENTREPOT_DATA_DIR": str(self.folder),
            "ENTREPOT_LISTEN": f"127.0.0.1:{self.port}",
            "ENTREPOT_TRASH__RETENTION_DAYS": "0",  # commands obey the server, and count on deleted images to be gone
        }

    def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """One request on a connection of its own. Raises Broken."""
        with closing(self.begin(method, path, len(body), **headers)) as connection:
            return answer(connection, body)

    def begin(self, method: str, path: str, length: int, **headers: str) -> http.client.HTTPConnection:
        """A request whose body is still to be sent. Raises Broken."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.putrequest(method, path)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.putheader("Authorization", self.authorization)
            connection.putheader("Content-Length", str(length))
            connection.endheaders()
        except OSError as error:
            connection.close()
            raise Broken from error
        return connection


def answer(connection: http.client.HTTPConnection, body: bytes) -> Answer:
    """Send the rest of a body and wait for what is said to it. Raises Broken."""
    try:
        connection.send(body)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    except (OSError, http.client.HTTPException) as error:
        raise Broken from error


def prepare(tmp_path: Path) -> Site:
    """A folder with the image `v0`, and nobody serving it yet."""
    folder = tmp_path / "data"
    prepared(folder)
    with registry(folder) as reg:
        login = credentials.Login(reg.keys.access_key_id, ACCOUNT, REGION, int(time.time()) + 3600)
        password = credentials.issue(reg.keys, login)
    return Site(folder, free_port(), "Basic " + base64.b64encode(f"AWS:{password}".encode()).decode(), tmp_path)


@contextmanager
def serving(site: Site) -> Iterator[subprocess.Popen[bytes]]:
    """Serve with two workers until the block ends, or until it is killed."""
    command = [sys.executable, "-m", "entrepot", "serve", "--workers", "2"]
    with background(command, site.env, site.home / "serve.log", lambda: is_ready(site)) as process:
        yield process


def is_ready(site: Site) -> bool:
    """Whether a server answers on the site's port that it can be used."""
    try:
        return site.call("GET", "/readyz").status == http.HTTPStatus.OK
    except Broken:
        return False


# --- killing -----------------------------------------------------------------------------------------------------


def children(pid: int) -> list[int]:
    """The children of a process, the first started first."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def kill_all(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to a server and all its children, as when the machine's memory ran out; back when all are gone."""
    process.send_signal(signal.SIGSTOP)  # so that it starts no other
    found = children(process.pid)
    for pid in (process.pid, *found):
        os.kill(pid, signal.SIGKILL)
    process.wait(SECONDS)
    wait_gone(found)


def wait_gone(pids: list[int]) -> float:
    """Wait until processes have ended; the seconds that it took."""
    began = time.monotonic()
    while any(_lives(pid) for pid in pids):
        assert time.monotonic() - began < SECONDS, pids
        time.sleep(0.005)
    return time.monotonic() - began


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False


# --- what clients do ---------------------------------------------------------------------------------------------

UPLOADS = f"/v2/{NAME}/blobs/uploads/"


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def begin_upload(site: Site) -> str:
    """POST: where the upload is."""
    said = site.call("POST", UPLOADS)
    assert said.status == http.HTTPStatus.ACCEPTED, said
    return said.place


def append(site: Site, place: str, data: bytes, at: int) -> None:
    """PATCH at a byte."""
    said = site.call("PATCH", place, data, Content_Range=f"{at}-{at + len(data) - 1}")
    assert said.status == http.HTTPStatus.ACCEPTED, said


def finish(site: Site, place: str, data: bytes) -> Answer:
    """PUT of an upload that has all bytes of `data`."""
    return site.call("PUT", f"{place}?digest={digest_of(data)}")


def push_blob(site: Site, data: bytes) -> None:
    """POST, PATCH and PUT; AssertionError where one of them is refused. Raises Broken."""
    place = begin_upload(site)
    append(site, place, data, 0)
    said = finish(site, place, data)
    assert said.status == http.HTTPStatus.CREATED, said


def stored(site: Site, digest: str) -> bytes | None:
    """The bytes of a blob; None where it is not there."""
    said = site.call("GET", f"/v2/{NAME}/blobs/{digest}")
    assert said.status in (http.HTTPStatus.OK, http.HTTPStatus.NOT_FOUND), said
    return said.body if said.status == http.HTTPStatus.OK else None


def put_manifest(site: Site, manifest: bytes, tag: str) -> None:
    """Push a manifest under a tag; AssertionError where it is refused. Raises Broken."""
    said = site.call("PUT", f"/v2/{NAME}/manifests/{tag}", manifest, Content_Type=manifests.OCI_MANIFEST)
    assert said.status == http.HTTPStatus.CREATED, said


def tagged(site: Site, tag: str) -> str | None:
    """The digest that a tag names; None where there is no such tag."""
    said = site.call("HEAD", f"/v2/{NAME}/manifests/{tag}", Accept=manifests.OCI_MANIFEST)
    assert said.status in (http.HTTPStatus.OK, http.HTTPStatus.NOT_FOUND), said
    return said.headers["Docker-Content-Digest"] if said.status == http.HTTPStatus.OK else None
