"""nginx: static files at the paths of a registry, and a sink that takes pushes and keeps nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import processes
from bench.workloads import NGINX, Server

SINK = "sink"
WORKERS = 4
FILES = "files"
"""Below a server's folder: what it serves, as `files/v2/NAME/manifests/TAG` and `files/v2/NAME/blobs/DIGEST`."""

_CONFIG = """\
{user}
worker_processes {workers};
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_timeout 75s;
  keepalive_requests 1000000000;
  client_max_body_size 0;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=2048;
    listen 127.0.0.1:{tls_port} ssl backlog=2048;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    root {folder}/{files};
    location /v2/ {{ default_type application/octet-stream; }}
    location ~ /manifests/ {{ default_type application/vnd.oci.image.manifest.v1+json; }}
{more}
  }}
}}
"""


# Bodies are read and thrown away; no answer has a body.
_SINK = """\
    location ~ ^(?<upload>/v2/.*/blobs/uploads/) {
      add_header Location ${upload}one always;
      if ($request_method = PUT) { return 201; }
      return 202;
    }"""


@contextmanager
def files(folder: Path, certificate: Path, key: Path) -> Iterator[Server]:
    """Four workers with sendfile over `folder/files`, on HTTP and HTTPS."""
    with _serving(NGINX, folder, certificate, key, "") as server:
        yield server


@contextmanager
def sink(folder: Path, certificate: Path, key: Path) -> Iterator[Server]:
    """Four workers that answer POST and PATCH of an upload with 202, PUT with 201, and read every body to its end."""
    with _serving(SINK, folder, certificate, key, _SINK) as server:
        yield server


@contextmanager
def _serving(name: str, folder: Path, certificate: Path, key: Path, more: str) -> Iterator[Server]:
    port, tls_port = processes.free_port(), processes.free_port()
    (folder / FILES / "v2").mkdir(parents=True, exist_ok=True)
    text = _CONFIG.format(
        user="user root;" if os.geteuid() == 0 else "",
        workers=WORKERS,
        folder=folder,
        port=port,
        tls_port=tls_port,
        certificate=certificate,
        key=key,
        files=FILES,
        more=more,
    )
    config = folder / "nginx.conf"
    config.write_text(text)
    command = [processes.program("nginx"), "-e", str(folder / "error.log"), "-c", str(config)]
    with processes.running(command, folder, port, "/v2/") as pid:
        yield Server(name, port, folder, pid, tls_port)
