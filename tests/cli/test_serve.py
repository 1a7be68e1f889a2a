"""What `entrepot serve` prints and how it fails."""

import subprocess
import sys
from pathlib import Path

import pytest

from entrepot.cli.serve import env_command, welcome
from entrepot.config import Bound, BoundListener, Settings, load

BOUND = Bound(
    (BoundListener("main", "localhost", 5000, tls=False), BoundListener("secure", "", 5443, tls=True)),
    "{account}.dkr.ecr.{region}.example.com",
)


def entrepot(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "entrepot", *arguments],
        env={"PATH": "/usr/bin:/bin", **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_welcome_says_where_and_what_to_paste() -> None:
    """Every address, the folder, and four lines that name the host images are pushed to; no secret."""
    settings = Settings(data_dir="/d", access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key="s3cr3t")
    text = welcome(settings, BOUND, "entrepot env")
    host = "123456789012.dkr.ecr.us-east-1.example.com"
    for line in (
        "listens on   http://localhost:5000",
        "https://localhost:5443",
        "keeps data   /d",
        'eval "$(entrepot env)"',
        "aws ecr create-repository --repository-name hello",
        f"aws ecr get-login-password | docker login --username AWS --password-stdin {host}",
        f"docker tag IMAGE {host}/hello:1 && docker push {host}/hello:1",
    ):
        assert line in [each.strip() for each in text.splitlines()], line
    assert "s3cr3t" not in text
    assert "{" not in text


def test_the_readme_has_the_same_lines() -> None:
    """What a first start prints to paste is the README's tour, which is run."""
    bound = Bound((BoundListener("main", "localhost", 5000, tls=False),), "localhost:5000")
    text = welcome(Settings(data_dir="data"), bound, ".venv/bin/entrepot env --data-dir data")
    lines = [line.strip() for line in text.partition("terminal:")[2].partition("Ctrl-C")[0].splitlines()]
    pasted = [line.replace("IMAGE", "busybox") for line in lines if line]
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    tour = readme.partition("<!-- tour -->")[2].partition("```\n\n")[0].splitlines()
    assert len(pasted) == 4
    assert [line for line in pasted if line not in tour] == []


def test_env_command_finds_the_server_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As invoked; file and folder are named when another terminal would not find them by itself."""
    monkeypatch.chdir(tmp_path)
    plain = {"HOME": "/h"}
    assert env_command("/x/entrepot", None, load(None, plain, {}), plain) == "/x/entrepot env"
    near = load(None, plain, {"data_dir": "data"})
    assert env_command(".venv/bin/entrepot", None, near, plain) == ".venv/bin/entrepot env --data-dir data"
    set_by_variable = plain | {"ENTREPOT_DATA_DIR": "/far away"}
    far = load(None, set_by_variable, {})
    assert env_command("e", None, far, set_by_variable) == "e env --data-dir '/far away'"
    (tmp_path / "c.toml").write_text('data_dir = "/elsewhere"\n')
    filed = load("c.toml", plain, {})
    assert env_command("e", "c.toml", filed, plain) == "e env --config c.toml"
    module = env_command("/x/entrepot/__main__.py", None, load(None, plain, {}), plain)
    assert module == f"{sys.executable} -m entrepot env"


def test_settings_that_are_wrong(tmp_path: Path) -> None:
    """One line on standard error, nothing on standard output, 2."""
    done = entrepot("serve", "--workers", "0", "--data-dir", str(tmp_path), ENTREPOT_LISTN="x")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("entrepot: unknown variable ENTREPOT_LISTN (did you mean ENTREPOT_LISTEN?); ")
    assert "--workers: Expected int >= 1" in done.stderr


def test_help_shows_examples_and_imports_no_server() -> None:
    """`--help` lists the commands; what they need is imported when they run."""
    for words in ((), ("--help",), ("-h",)):
        done = entrepot(*words)
        assert all(name in done.stdout + done.stderr for name in ("serve", "env", "version"))
    assert "entrepot serve --data-dir ./data" in entrepot("serve", "--help").stdout
    check = (
        "import sys, entrepot.cli; "
        "print([n for n in sys.modules if n.split('.')[0] in ('uvicorn', 'botocore', 'msgspec', 'rich')])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_version() -> None:
    """One line."""
    done = entrepot("version")
    assert (done.returncode, done.stdout) == (0, "entrepot 0.1.0\n")
