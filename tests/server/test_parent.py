"""The process tree: start, restart, stop, and what is left when the parent is killed."""

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_a_killed_parent_leaves_no_process(serve: Callable[..., Any]) -> None:
    """Workers and jobs see the end of the pipe and end; the folder is free again."""
    server = serve(workers="2").wait_ready()
    children = server.children
    assert len(children) == 3
    server.process.kill()
    server.wait_gone(children)
    assert (server.data_dir / "jobs").read_text() == "stopped"
    assert serve().wait_ready().get("/").startswith(b"HTTP/1.1 200")


def test_orphans_finish_what_is_in_flight_and_keep_the_folder(serve: Callable[..., Any]) -> None:
    """A request that runs when the parent is killed is answered, and nobody else takes the folder meanwhile."""
    server = serve().wait_ready()
    with server.connect() as connection:
        connection.sendall(b"GET /slow?2 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.3)
        children = server.children
        server.process.kill()
        server.process.wait()
        assert serve().process.wait(10) == 2
        server.read(connection, b"slow but there")
    server.wait_gone(children)


def test_an_orphan_that_does_not_finish_is_ended(serve: Callable[..., Any]) -> None:
    """The time for it is bounded."""
    server = serve(limits__shutdown_seconds="1").wait_ready()
    with server.connect() as connection:
        connection.sendall(b"GET /slow?60 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.3)
        children = server.children
        server.process.kill()
        server.wait_gone(children)


def test_a_killed_worker_is_replaced(serve: Callable[..., Any]) -> None:
    """Another serves soon, and the totals of the dead one are kept."""
    server = serve().wait_ready()
    first = int(server.get("/pid").split()[-1])
    os.kill(first, signal.SIGKILL)
    server.until(lambda: len(server.children) == 2 and first not in server.children)
    assert int(server.get("/pid").split()[-1]) != first
    assert b'entrepot_requests_total{method="GET",route="/pid",status="200"} 2.0' in server.get("/metrics")
    died = server.lines("a child died")[0]
    assert (died["child"], died["pid"], died["code"]) == ("worker 0", first, -9)


def test_a_killed_jobs_process_is_replaced(server: Any) -> None:
    """Its place is taken while the workers go on."""
    server.until((server.data_dir / "jobs").exists)
    first = int((server.data_dir / "jobs").read_text())
    os.kill(first, signal.SIGKILL)
    server.until(lambda: int((server.data_dir / "jobs").read_text()) != first)
    assert server.get("/").startswith(b"HTTP/1.1 200")


def test_sigterm_lets_requests_finish(server: Any) -> None:
    """The request in flight is answered, new connections are refused, the application is closed, the code is 0."""
    port = server.port
    with server.connect() as connection:
        connection.sendall(b"GET /slow?1 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert not (server.data_dir / "run/server.json").exists()
        with contextlib.suppress(ConnectionError), server.connect(port) as late:
            assert late.recv(10) == b""
        got = server.read(connection, b"slow but there")
    assert b"connection: close" in got
    assert server.process.wait(10) == 0
    assert list(server.data_dir.glob("closed-*"))
    assert (server.data_dir / "jobs").read_text() == "stopped"


def test_an_upload_in_flight_survives_sigterm(server: Any) -> None:
    """Also when its bytes are still to come."""
    with server.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n" + bytes(1000000))
        time.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        connection.sendall(bytes(1000000))
        server.read(connection, b"POST /? 2000000")
    assert server.process.wait(10) == 0


def test_a_second_signal_ends_at_once(server: Any) -> None:
    """Nothing is waited for, and the code says so."""
    with server.connect() as connection:
        connection.sendall(b"GET /slow?60 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.3)
        children = server.children
        server.process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(5) == 1
    server.wait_gone(children)


def test_stopping_is_bounded(serve: Callable[..., Any]) -> None:
    """A request that takes longer than allowed is broken off."""
    server = serve(limits__shutdown_seconds="1").wait_ready()
    with server.connect() as connection:
        connection.sendall(b"GET /slow?60 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.3)
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 8


def test_two_servers_on_one_folder(server: Any, serve: Callable[..., Any]) -> None:
    """The second says in one line who has the folder and leaves with 2; the first goes on."""
    second = serve()
    log, second.log = second.log, server.log
    assert second.process.wait(10) == 2
    line = log.read_text().splitlines()[-1]
    assert f"is in use by another server (process {server.process.pid})" in line
    assert server.get("/").startswith(b"HTTP/1.1 200")


def test_a_port_that_is_taken(serve: Callable[..., Any]) -> None:
    """One line that says what to do, and 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = serve(listen=f"127.0.0.1:{taken.getsockname()[1]}")
        assert server.process.wait(10) == 2
    line = server.log.read_text()
    assert line.count("\n") == 1
    assert "is taken by another program: stop it or choose another port with --listen HOST:PORT" in line


def test_a_folder_that_cannot_be_written(serve: Callable[..., Any], tmp_path: Path) -> None:
    """One line that says what to do, and 2."""
    (tmp_path / "file").touch()
    server = serve(ENTREPOT_DATA_DIR=str(tmp_path / "file/data"))
    assert server.process.wait(10) == 2
    assert "cannot be written (Not a directory): choose another with --data-dir" in server.log.read_text()


def test_an_installation_that_cannot_be_prepared(serve: Callable[..., Any]) -> None:
    """The reason of the application is the one line, and 2."""
    server = serve("unusable")
    assert server.process.wait(10) == 2
    assert server.log.read_text() == "entrepot: the database is newer than this program: install a newer one\n"


def test_workers_that_cannot_start_end_the_server(serve: Callable[..., Any]) -> None:
    """A first start that fails is not tried for ever."""
    server = serve("broken", workers="2")
    assert server.process.wait(10) == 1
    assert "cannot build" in server.log.read_text()


def test_metrics_are_summed_over_workers(serve: Callable[..., Any]) -> None:
    """Whichever worker is asked, it knows the requests of all; bytes and seconds too."""
    server = serve(workers="2").wait_ready()
    pids = set()
    for _ in range(200):
        pids.add(server.get("/pid").split()[-1])
    holders = [threading.Thread(target=server.get, args=("/slow?1.5",)) for _ in range(6)]
    for holder in holders:
        holder.start()
    time.sleep(0.6)
    for _ in range(6):
        text = server.get("/metrics")
        assert b'entrepot_requests_total{method="GET",route="/pid",status="200"} 200.0' in text
        assert b'entrepot_request_seconds_count{method="GET",route="/pid"} 200.0' in text
        assert b"entrepot_requests_in_progress 7.0" in text
    for holder in holders:
        holder.join()
    assert len(pids) == 2


def test_the_log_has_request_ids_and_no_secret(server: Any) -> None:
    """One line per request, under the id that the answer carries; nothing secret of the request is in it."""
    query = "X-Amz-Signature=5ecret&X%2DAmz%2DCredential=5ecret&X-Amz-Security-Token=5ecret&a=b%1b"
    answer = server.get(f"/?{query}", "Authorization: Basic 5ecret5ecret", "X-Amz-Security-Token: 5ecret")
    server.until(lambda: server.lines("request"))
    line = server.lines("request")[0]
    assert b"x-amzn-requestid: " + line["request_id"].encode() in answer
    assert (line["method"], line["path"], line["status"], line["route"]) == ("GET", "/", 200, "/")
    assert line["query"].endswith("&a=b%1b")
    assert "5ecret" not in server.log.read_text()


def test_run_folder_is_private(server: Any) -> None:
    """The runtime file names this server, for its owner only, and goes when it ends."""
    path = server.data_dir / "run/server.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert server.running["pid"] == server.process.pid
    assert server.running["urls"] == [f"http://127.0.0.1:{server.port}"]
    assert server.stop() == 0
    assert not path.exists()
