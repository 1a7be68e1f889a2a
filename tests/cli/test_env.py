"""What `entrepot env` prints, and when it prints nothing."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrepot.cli.env import exports

HIDDEN = "s3cr3t/+$`'\" of mine"
GIVEN = {"ENTREPOT_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "ENTREPOT_SECRET_ACCESS_KEY": HIDDEN}


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ENTREPOT_", "AWS_"))}
    return kept | more


def env(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "entrepot", "env", "--data-dir", str(folder), *arguments],
        env=environment(**environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The folder of a real server in another region, started with the parameter's variables."""
    data = tmp_path / "data"
    command = [sys.executable, "-m", "entrepot", "serve", "--data-dir", str(data), "--listen", "127.0.0.1:0"]
    variables = environment(ENTREPOT_REGION="eu-west-1", ENTREPOT_WORKERS="1", **getattr(request, "param", {}))
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(command, env=variables, stdout=log, stderr=log)
    end = time.monotonic() + 30
    while not (data / "run/server.json").exists():
        assert time.monotonic() < end, (tmp_path / "log").read_text()
        assert server.poll() is None, (tmp_path / "log").read_text()
        time.sleep(0.05)
    yield data
    server.send_signal(signal.SIGTERM)
    assert server.wait(30) == 0


def test_a_running_server(folder: Path) -> None:
    """URL, credentials and region are the server's; a shell takes them and forgets session and profile."""
    values = json.loads(env(folder, "--json").stdout)
    port = json.loads((folder / "run/server.json").read_text())["port"]
    assert values["AWS_ENDPOINT_URL"] == f"http://127.0.0.1:{port}"
    assert values["AWS_REGION"] == values["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert values["AWS_EC2_METADATA_DISABLED"] == "true"
    kept = (folder / "credentials").read_text()
    assert values["AWS_ACCESS_KEY_ID"] in kept
    assert values["AWS_SECRET_ACCESS_KEY"] in kept
    before = {"AWS_SESSION_TOKEN": "old", "AWS_PROFILE": "old"}
    shown = subprocess.run(
        ["sh", "-c", f'eval "$("{sys.executable}" -m entrepot env --data-dir "{folder}")"; env'],
        env=environment(**before),
        capture_output=True,
        text=True,
        check=True,
    )
    exported = dict(line.split("=", 1) for line in shown.stdout.splitlines() if line.startswith("AWS_"))
    assert exported == values


@pytest.mark.parametrize("folder", [GIVEN], indirect=True)
def test_given_credentials(folder: Path) -> None:
    """They are kept nowhere, so whoever asks has to give them too; none are invented."""
    refused = env(folder)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "give ENTREPOT_ACCESS_KEY_ID and ENTREPOT_SECRET_ACCESS_KEY here as well" in refused.stderr
    assert not (folder / "credentials").exists()
    assert json.loads(env(folder, "--json", **GIVEN).stdout)["AWS_SECRET_ACCESS_KEY"] == HIDDEN
    assert all(HIDDEN.encode() not in path.read_bytes() for path in folder.parent.rglob("*") if path.is_file())


@pytest.mark.parametrize("left", ["nothing", "dead", "nonsense", "deaf"])
def test_no_server(tmp_path: Path, left: str) -> None:
    """Nothing on standard output, one line on standard error, 1; whatever a dead server left behind."""
    (tmp_path / "run").mkdir()
    document = {"pid": os.getpid(), "port": 1, "region": "us-east-1", "urls": ["http://127.0.0.1:1"]}
    if left == "dead":
        with subprocess.Popen(["true"]) as gone:
            gone.wait()
        document["pid"] = gone.pid
    if left != "nothing":
        text = "{" if left == "nonsense" else json.dumps(document)
        (tmp_path / "run/server.json").write_text(text)
    done = env(tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"entrepot: no server runs on {tmp_path}: start one with `entrepot serve`")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("shell", ["sh", "bash", "zsh", "dash", "ksh"])
def test_quoting(shell: str) -> None:
    """Any value survives `eval` in any shell."""
    if shutil.which(shell) is None:
        assert os.environ.get("CI") != "1", f"{shell} is missing"
        pytest.skip(f"NOT TESTED, missing here: {shell} (as root on Debian, `make tools` installs it)")
    script = 'eval "$TEXT"; printf %s "$AWS_X"; printf %s "${AWS_PROFILE-unset}"'
    variables = {"PATH": os.environ["PATH"], "TEXT": exports({"AWS_X": HIDDEN + "\n;*"}), "AWS_PROFILE": "old"}
    done = subprocess.run([shell, "-c", script], env=variables, capture_output=True, text=True, check=True)
    assert done.stdout == HIDDEN + "\n;*unset"
