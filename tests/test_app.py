"""Wiring: what a first start makes, what later ones keep, and what is refused."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import apsw
import msgspec
import pytest
from tests.asgi import Answer, call
from tests.factories import a_caller

from entrepot import app
from entrepot.config import Bound, BoundListener, ConfigError, Settings
from entrepot.domain.iam_names import account_of_key
from entrepot.registry import audit
from entrepot.web.metrics import Meter

BOUND = Bound((BoundListener("main", "localhost", 5000, tls=False),), "localhost:5000")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=str(tmp_path / "data"))


def files(settings: Settings) -> dict[str, bytes]:
    folder = Path(settings.data_dir)
    return {name: (folder / name).read_bytes() for name in ("credentials", "sealing.key")}


def test_a_first_start_and_a_second(settings: Settings) -> None:
    """Keys and database are made once, for their owner only."""
    app.prepare(settings)
    made = files(settings)
    app.prepare(settings)
    assert files(settings) == made
    for name in (*made, "entrepot.db"):
        assert stat.S_IMODE((Path(settings.data_dir) / name).stat().st_mode) == 0o600
    assert sorted(path.name for path in Path(settings.data_dir).iterdir() if path.name.startswith(".")) == []
    access_key_id, secret = app.credentials(settings)
    assert access_key_id.startswith("AKIA")
    assert len(access_key_id) == 20
    assert account_of_key(access_key_id) == settings.account_id
    assert len(secret) == 40


def test_given_credentials_are_never_written(settings: Settings) -> None:
    """What the user gives stays where the user has it."""
    given = msgspec.structs.replace(settings, access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key="given secret")
    app.prepare(given)
    assert app.credentials(given) == ("AKIAIOSFODNN7EXAMPLE", "given secret")
    folder = Path(settings.data_dir)
    assert not (folder / "credentials").exists()
    for path in folder.rglob("*"):
        assert not path.is_file() or b"given secret" not in path.read_bytes()


def test_first_starts_at_once(settings: Settings) -> None:
    """Processes that prepare one folder at the same time all do, and have the same keys."""
    code = (
        "import sys; from pathlib import Path; from entrepot import app; from entrepot.config import Settings; "
        "settings = Settings(data_dir=sys.argv[1]); app.prepare(settings); "
        "print(app.credentials(settings), Path(sys.argv[1], 'sealing.key').read_bytes())"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, settings.data_dir], stdout=subprocess.PIPE) for _ in range(4)
    ]
    said = {process.communicate()[0] for process in running}
    assert len(said) == 1
    assert [process.returncode for process in running] == [0] * 4


def test_a_newer_database(settings: Settings) -> None:
    """A database of a newer version is refused, with what to do."""
    app.prepare(settings)
    connection = apsw.Connection(str(Path(settings.data_dir) / "entrepot.db"))
    connection.execute("INSERT INTO schema_migrations VALUES (9999, 'later', 0, '')")
    connection.close()
    with pytest.raises(ConfigError, match=r"has schema 9999, this version of entrepot knows [0-9]+: install the newer"):
        app.prepare(settings)


def test_no_database_server(settings: Settings) -> None:
    """A PostgreSQL that does not answer is one line."""
    database = msgspec.structs.replace(settings.database, url="postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(ConfigError, match=r"the storage cannot be used \(PostgreSQL: .*Connection refused"):
        app.prepare(msgspec.structs.replace(settings, database=database))


def test_a_bad_database_url(settings: Settings) -> None:
    """A URL that cannot be read is told without its password."""
    database = msgspec.structs.replace(settings.database, url="postgresql://user:secret@[bad")
    with pytest.raises(ConfigError, match=r"database\.url") as caught:
        app.prepare(msgspec.structs.replace(settings, database=database))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("folder", ["/proc/nothing", "file/below"])
def test_a_folder_that_cannot_be(tmp_path: Path, folder: str) -> None:
    """A data folder that cannot be made or written is one line that says what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="choose another --data-dir"):
        app.prepare(Settings(data_dir=str(tmp_path / folder)))


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("sealing.key", b"", "everybody has to log in again"),
        ("sealing.key", b"x" * 31, "everybody has to log in again"),
        ("credentials", b"", "does not hold an access key"),
        ("credentials", b"\xff\xfe", "does not hold an access key"),
        ("entrepot.db", b"no database" * 1000, "the storage cannot be used"),
        ("storage", b"no folder", "the storage cannot be used"),
    ],
)
def test_damage(settings: Settings, name: str, data: bytes, told: str) -> None:
    """A damaged file of the data folder is told and left as it is: no secret is ever weak, or quietly another one."""
    path = Path(settings.data_dir) / name
    path.parent.mkdir()
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=told):
        app.prepare(settings)
    assert path.read_bytes() == data


def test_closing_writes_what_was_gathered(settings: Settings) -> None:
    """A worker that ends has written the reads that it had noted."""
    app.prepare(settings)
    application = app.build(settings, BOUND, Meter())
    audit.seen(application.registry, a_caller("ecr:ListImages"), "*")
    application.close()
    connection = apsw.Connection(str(Path(settings.data_dir) / "entrepot.db"))
    assert connection.execute("SELECT action FROM audit").fetchall() == [("ecr:ListImages",)]
    connection.close()


def test_the_scheme_is_that_of_the_named_listener() -> None:
    """The endpoint that logins get says https where `registry_host` names the port of a TLS listener."""
    listeners = (BoundListener("main", "localhost", 5000, tls=False), BoundListener("tls", "", 5001, tls=True))
    assert Bound(listeners, "registry.example.com:5001").registry_scheme == "https"
    assert Bound(listeners, "localhost:5000").registry_scheme == "http"
    assert Bound(listeners, "registry.example.com").registry_scheme == "http"
    assert Bound(listeners[1:], "registry.example.com").registry_scheme == "https"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/", 401),
        ("GET", "/v2", 401),
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/metrics", 200),
        ("GET", "/layers/1/x", 403),
        ("POST", "/", 400),
        ("GET", "/console/", 404),
        ("GET", "/nothing", 404),
    ],
)
def test_one_port_told_apart_by_path(settings: Settings, method: str, path: str, status: int) -> None:
    """Each path goes to its door; what has none is the AWS door's."""
    app.prepare(settings)
    application = app.build(settings, BOUND, Meter())
    try:
        answer: Answer = call(application, method, path)
    finally:
        application.close()
    assert answer.status == status
