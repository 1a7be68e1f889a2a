"""What a server chose: kept for its owner only, obeyed instead of what a command was given, and refused when broken."""

from __future__ import annotations

import stat
from pathlib import Path

import msgspec
import pytest

from entrepot import app, chosen
from entrepot.config import ConfigError, Gc, Metrics, Protection, Quotas, Settings, Storage, Trash


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(data_dir=str(tmp_path))
    app.prepare(made)
    (tmp_path / "run").mkdir()
    return made


def path(settings: Settings) -> Path:
    return Path(settings.data_dir, "run", "chosen.json")


def test_kept_and_obeyed(settings: Settings) -> None:
    """Retention, protection, quotas, grace and reserve are the server's, whatever the command has; the rest is its own.

    A later start replaces them.
    """
    server = msgspec.structs.replace(
        settings,
        trash=Trash(retention_days=30),
        protection=Protection(tags=("release-*",)),
        quotas=Quotas(images_per_repository=5),
        gc=Gc(grace=7200.0),
        storage=Storage(reserve=7, database_reserve=8),
        secret_access_key="a secret",
        metrics=Metrics(token="another secret"),
    )
    given = msgspec.structs.replace(settings, trash=Trash(retention_days=0), region="eu-west-1")
    assert chosen.obeyed(given) is given
    chosen.keep(server)
    obeyed = chosen.obeyed(given)
    for name in ("trash", "protection", "quotas", "gc", "storage", "oci", "archive", "lifecycle"):
        assert getattr(obeyed, name) == getattr(server, name)
    assert (obeyed.region, obeyed.secret_access_key) == ("eu-west-1", "")
    with app.operator(given) as reg:
        assert (reg.keeping.retention, reg.keeping.protected_tags) == (30 * 86400 * 1_000_000, ("release-*",))
        assert reg.quotas.images_per_repository == 5
    chosen.keep(given)
    assert chosen.obeyed(server).trash.retention_days == 0


def test_for_its_owner_without_secrets(settings: Settings) -> None:
    """Mode 0600, also over a draft that a killed start left, and nothing that opens a door."""
    draft = path(settings).with_suffix(".new")
    draft.write_text("half")
    draft.chmod(0o644)
    chosen.keep(msgspec.structs.replace(settings, secret_access_key="a secret", metrics=Metrics(token="a secret")))
    assert stat.S_IMODE(path(settings).stat().st_mode) == 0o600
    assert b"secret" not in path(settings).read_bytes()
    assert not draft.exists()


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[]", b"{}", b'{"reserve":"many"}'])
def test_broken(settings: Settings, text: bytes) -> None:
    """A command refuses rather than delete by other settings, and says what to do; a start mends it."""
    chosen.keep(settings)
    path(settings).write_bytes(text)
    with pytest.raises(ConfigError, match="start the server again, which writes it anew"), app.operator(settings):
        pass
    chosen.keep(settings)
    with app.operator(settings) as reg:
        assert reg.keeping.retention > 0


def test_a_file_that_cannot_be_written(settings: Settings) -> None:
    """A server that cannot say what it keeps does not start."""
    path(settings).mkdir()
    with pytest.raises(ConfigError, match=r"chosen\.json cannot be written"):
        chosen.keep(settings)
