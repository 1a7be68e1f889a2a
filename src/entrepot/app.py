"""Wiring: the only place that chooses SQLite or PostgreSQL and where the bytes live, and that puts doors together."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from msgspec import structs

from entrepot import chosen, control, sealing_keys
from entrepot.aws import ecr, sts
from entrepot.aws.dispatch import AwsDoor
from entrepot.blobs.files import sync_folder
from entrepot.blobs.local import LocalBlobStore
from entrepot.config import DAY, Bound, ConfigError, Settings, rates
from entrepot.config import webhooks as chosen_webhooks
from entrepot.domain import sizes
from entrepot.domain.errors import SchemaTooNew, StorageFull, StorageUnavailable
from entrepot.domain.iam_names import access_key_id
from entrepot.domain.protection import Keeping
from entrepot.domain.quotas import Quotas
from entrepot.jobs import schedule
from entrepot.oci.door import OciDoor
from entrepot.oci.exchange import Options
from entrepot.oci.layers import Downloads
from entrepot.registry import accounts, archives, backup, figures, repositories, webhooks
from entrepot.registry.attempts import Attempts
from entrepot.registry.audit import Trail
from entrepot.registry.backup import ArchiveTarget, Damaged, FolderTarget, Report
from entrepot.registry.context import Registry
from entrepot.registry.credentials import Keys
from entrepot.registry.federation import Issuers
from entrepot.registry.naming import Naming
from entrepot.registry.sealing import Ring
from entrepot.store import migrate
from entrepot.store.db import Database
from entrepot.store.sqlite import SqliteDatabase
from entrepot.web import logs, metrics, threads
from entrepot.web.asgi import ASGIApp, Receive, Scope, Send
from entrepot.web.metrics import Figure, Meter
from entrepot.web.rates import ActionRates, Buckets
from entrepot.web.responses import Response

__all__ = ["Application", "build", "credentials", "ecr", "jobs", "prepare", "sts"]

FLUSH_SECONDS = 1.0


# --- the data folder -------------------------------------------------------------------------------------------
#
#   DATA_DIR
#   ├── entrepot.db (-wal, -shm, .lock)     metadata, where it is not in PostgreSQL
#   ├── credentials                         root access key, where it was not given; mode 0600
#   ├── sealing.key                         seals secrets, sessions, login tokens; where not given; mode 0600
#   ├── storage/uploads, storage/blobs      bytes
#   └── run                                 the server that is up, what the last one chose, what is left of rates


def prepare(settings: Settings) -> None:
    """Make what a first start needs: folder, keys, database. Raises ConfigError for what has to be mended by hand."""
    if (_folder(settings) / RESTORING).exists():
        raise ConfigError(
            f"a restore into {settings.data_dir} did not finish: run it again, or remove restoring/ there"
        )
    credentials(settings)
    _ring(settings)
    db = _database(settings)
    try:
        migrate.migrate(db)
        accounts.settle(db, settings.account_id, time.time_ns() // 1000)
        webhooks.settle(db, [each.name for each in settings.events.webhooks], time.time_ns() // 1000)
        LocalBlobStore(_folder(settings) / "storage")
    except StorageUnavailable as error:
        raise ConfigError(f"the storage cannot be used ({error.detail}): see to it and start again") from error
    except (SchemaTooNew, StorageFull) as error:
        raise ConfigError(f"{error} ({settings.data_dir})") from error
    finally:
        db.close()


def credentials(settings: Settings) -> tuple[str, str]:
    """The root access key and its secret: as given, else kept in the data folder since the first start.

    Raises ConfigError where they cannot be kept or read.
    """
    if settings.access_key_id and settings.secret_access_key:
        return settings.access_key_id, settings.secret_access_key
    made = access_key_id(settings.account_id, os.urandom(5)), secrets.token_urlsafe(30)
    path = _folder(settings) / "credentials"
    kept = _keep_secret(path, "\n".join(made).encode() + b"\n").decode("ascii", "replace").split()
    if len(kept) != len(made):
        raise ConfigError(f"{path} does not hold an access key and its secret: write them there or remove the file")
    return settings.access_key_id or kept[0], settings.secret_access_key or kept[1]


def _ring(settings: Settings) -> Ring:
    return sealing_keys.ring(settings, _keep_secret)


def _keep_secret(path: Path, fresh: bytes) -> bytes:
    """What the file holds; `fresh` where there is no file yet. Raises ConfigError."""
    try:
        if not path.exists():
            _write_secret(path, fresh)
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be made or read ({error.strerror}): change its owner or mode, or choose another --data-dir"
        ) from error


def _write_secret(path: Path, fresh: bytes) -> None:
    """Make a file durably, whole or not at all, for its owner only; one that another process made stays."""
    _make_folder(path.parent)
    with _alone(path.parent):
        for left in path.parent.glob(f".{path.name}-*"):  # by a start that was killed
            left.unlink()
        if path.exists():
            return
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(fresh)
            file.flush()
            os.fsync(file.fileno())
        Path(name).rename(path)
        sync_folder(path.parent)


def _make_folder(folder: Path) -> None:
    """Make a folder durably. Those above it may have been made a moment ago, so their names are synced as well."""
    folder.mkdir(0o700, parents=True, exist_ok=True)
    for above in folder.absolute().parents:
        with contextlib.suppress(PermissionError):  # in what the user may not read nothing was made by us
            sync_folder(above)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _folder(settings: Settings) -> Path:
    return Path(settings.data_dir)


def _database(settings: Settings) -> Database:
    if not settings.database.url:
        return SqliteDatabase(_folder(settings) / "entrepot.db")
    try:
        from entrepot.store.postgres import PostgresDatabase  # noqa: PLC0415  # psycopg only where it is chosen
    except ImportError as error:
        raise ConfigError("database.url needs psycopg: pip install 'entrepot[postgresql]'") from error
    try:
        return PostgresDatabase(settings.database.url)
    except ValueError as error:
        raise ConfigError(f"database.url: {error}: correct it") from error


# --- what runs -------------------------------------------------------------------------------------------------


def _registry(settings: Settings, registry_host: str, scheme: str) -> Registry:
    return Registry(
        db=_database(settings),
        blobs=LocalBlobStore(_folder(settings) / "storage", settings.storage.database_reserve),
        now=lambda: time.time_ns() // 1000,
        keys=Keys(*credentials(settings), _ring(settings)),
        naming=Naming(registry_host, scheme, settings.account_id, settings.region),
        trail=Trail(),
        quotas=Quotas(**structs.asdict(settings.quotas)),
        attempts=Attempts(settings.limits.failed_attempts / settings.workers),
        issuers=Issuers(settings.oidc.allow_private, settings.oidc.timeout, settings.oidc.keys_seconds),
        keeping=Keeping(int(settings.trash.retention_days * DAY * 1_000_000), settings.protection.tags),
    )


class Application:
    """One worker's ASGI application: the doors, told apart by path first."""

    def __init__(self, settings: Settings, bound: Bound, meter: Meter) -> None:
        self.registry = _registry(settings, bound.registry_host, bound.registry_scheme)
        limits, per_second = settings.limits, rates(settings.limits)
        options = Options(settings.oci.sparse_manifests, limits.body_bytes, limits.v2_requests_per_second)
        limited = any((limits.v2_requests_per_second, *per_second.values()))
        buckets = Buckets(_folder(settings) / "run" / "rates") if limited else None
        self._action_rates = ActionRates(per_second, buckets, (settings.region,))
        self._oci = OciDoor(self.registry, options, self._action_rates, buckets)
        self._downloads = Downloads(self.registry)
        self._control: Mapping[str, ASGIApp] = control.doors(
            self._check, lambda: meter.render(self._figures()), settings.metrics.token
        )
        self._aws = AwsDoor(self.registry, threads.run, rates=self._action_rates)
        self._stop = threading.Event()
        self._flusher = threading.Thread(target=self._flush, name="trail", daemon=True)
        self._flusher.start()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path.startswith("/v2/") or path == "/v2":
            await self._oci(scope, receive, send)
        elif path in self._control:
            await self._control[path](scope, receive, send)
        elif path.startswith("/layers/"):
            await self._downloads(scope, receive, send)
        else:
            await self._aws(scope, receive, send)

    def at_once(self, scope: Scope) -> Response | None:
        """The answer to what needs no waiting, None to everything else."""
        return self._oci.at_once(scope) if scope["path"].startswith("/v2/") else None

    def close(self) -> None:
        """Write down what was gathered and let go of the database."""
        self._stop.set()
        self._flusher.join()
        self.registry.db.close()

    def _check(self) -> None:
        self.registry.db.check()
        self.registry.blobs.check()

    def _figures(self) -> list[Figure]:
        try:
            totals, damaged = figures.read(self.registry)
            waiting = webhooks.state(self.registry)
        except StorageUnavailable:
            return []  # what is counted of requests is needed most when the database does not answer
        found = [metrics.total(name, figures.TOTALS[name], value) for name, value in totals.items()]
        found.append(metrics.level("damaged_blobs", "Blobs that are damaged now.", damaged))
        found.append(metrics.level("webhook_dead_letters", "Messages to webhooks that were given up.", waiting.dead))
        lag = "Seconds that the oldest message to a webhook waits."
        return [*found, metrics.level("webhook_lag_seconds", lag, waiting.lag)]

    def _flush(self) -> None:
        ended = False
        while not ended:
            ended = self._stop.wait(FLUSH_SECONDS)
            try:
                self.registry.trail.flush(self.registry.db)
            except Exception:  # noqa: BLE001  # it is kept and tried again in a second
                logs.get("trail").exception("the audit trail could not be written")
            if self._action_rates.limited:
                with contextlib.suppress(StorageUnavailable):
                    self._action_rates.regions = repositories.regions(self.registry)


def build(settings: Settings, bound: Bound, meter: Meter) -> Application:
    """The application of one worker, after the fork."""
    return Application(settings, bound, meter)


def jobs(settings: Settings, stop: threading.Event) -> None:
    """Do what is due until `stop` is set."""
    plan = schedule.Plan(settings.gc.interval, settings.gc.grace, settings.scrub.days, settings.scrub.bytes_per_second)
    plan = replace(plan, webhooks=tuple(chosen_webhooks(settings.events)))
    plan = replace(plan, lifecycle_seconds=settings.lifecycle.interval, reserve=sizes.parse(settings.storage.reserve))
    plan = replace(plan, activation_seconds=settings.archive.activation_seconds)
    with _opened(settings) as registry:
        schedule.run(registry, stop, schedule.jobs(plan))


# --- what an operator does beside a running server, or without one ---------------------------------------------

RESTORING = "restoring"
_SECRETS = ("credentials", "sealing.key")


@contextlib.contextmanager
def operator(settings: Settings) -> Iterator[Registry]:
    """The registry for a command, which keeps and protects what the folder's last server does.

    Raises ConfigError where there is no registry yet, where its database is newer or older than this program, and
    where it cannot be told what the server chose.
    """
    with _opened(chosen.obeyed(settings)) as registry:
        yield registry


@contextlib.contextmanager
def _opened(settings: Settings) -> Iterator[Registry]:
    if not settings.database.url and not (_folder(settings) / "entrepot.db").exists():
        raise ConfigError(f"there is no registry in {settings.data_dir}: name its folder with --data-dir")
    registry = _registry(settings, "localhost", "http")
    try:
        _check_schema(registry.db)
        yield registry
    except StorageUnavailable as error:
        raise ConfigError(f"the storage cannot be used ({error.detail}): see to it and try again") from error
    finally:
        registry.db.close()


def _check_schema(db: Database) -> None:
    found, known = migrate.applied(db), migrate.newest()
    if found > known:
        raise ConfigError(str(SchemaTooNew(found, known)))
    if found < known:
        raise ConfigError("the database is of an older version: start the server once, which brings it up to date")


def back_up(settings: Settings, place: Path, advance: Callable[[int], None]) -> Report:
    """Back up into a folder, or into an archive where `place` ends in `.tar`. Raises ConfigError."""
    with (
        operator(settings) as registry,
        tempfile.TemporaryDirectory(dir=_beside(place), prefix=".entrepot-") as scratch,
    ):
        if not isinstance(registry.db, SqliteDatabase):
            raise ConfigError("a backup is of the embedded database: for PostgreSQL use pg_dump and copy storage/")
        source, copy = registry.db, Path(scratch) / "snapshot.db"

        def snapshot() -> tuple[Path, Database]:
            source.copy_to(copy)
            return copy, SqliteDatabase(copy)

        secrets_ = {
            name: (_folder(settings) / name).read_bytes() for name in _SECRETS if (_folder(settings) / name).exists()
        }
        run = partial(backup.backup, registry, snapshot, secrets=secrets_, schema=migrate.newest(), advance=advance)
        if place.suffix != ".tar":
            _make_folder(place)
            return run(target=FolderTarget(place, LocalBlobStore(place / "storage"), put_file))
        unfinished = Path(scratch) / place.name
        with unfinished.open("xb") as file:
            report = run(target=ArchiveTarget(file))
        put_file(place, unfinished)
        return report


def _beside(place: Path) -> Path:
    """Where unfinished files of a backup lie: on the file system that it is for."""
    folder = place.parent if place.suffix == ".tar" else place
    _make_folder(folder)
    return folder


def put_file(path: Path, content: bytes | Path) -> None:
    """Put bytes, or a file that is moved, in a place durably, whole or not at all, for the owner only."""
    if isinstance(content, bytes):
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as made:
            made.write(content)
        content = Path(made.name)
    content.chmod(0o600)
    with content.open("rb") as file:
        os.fsync(file.fileno())
    content.rename(path)
    sync_folder(path.parent)


def restore(settings: Settings, place: Path, advance: Callable[[int], None]) -> Report:
    """Restore a backup into a data folder that has no registry; the caller holds the folder's lock.

    Nothing is in its place before everything is there. Raises ConfigError, StorageFull.
    """
    folder = _folder(settings)
    if settings.database.url:
        raise ConfigError("a restore is into the embedded database: for PostgreSQL use pg_restore")
    if (folder / "entrepot.db").exists() or (folder / "storage").exists():
        raise ConfigError(f"{folder} has a registry already: restore into an empty folder, named with --data-dir")
    work = folder / RESTORING
    shutil.rmtree(work, ignore_errors=True)  # of a restore that was ended
    _make_folder(work)

    def open_database(content: BinaryIO) -> Database:
        with (work / "entrepot.db").open("xb") as file:
            shutil.copyfileobj(content, file)
        return SqliteDatabase(work / "entrepot.db")

    def keep_secret(name: str, content: bytes) -> None:
        put_file(work / name, content)

    store, now = LocalBlobStore(work / "storage"), time.time_ns() // 1000
    try:
        with archives.members(place) as members:
            report = backup.restore(members, store, open_database, keep_secret, migrate.newest(), now, advance)
    except Damaged as error:
        raise ConfigError(f"{place} cannot be restored: {error}") from error
    for name in ("storage", *_SECRETS):
        if (work / name).exists():
            (work / name).rename(folder / name)
    put_file(folder / "entrepot.db", work / "entrepot.db")  # last: what is served is whole
    shutil.rmtree(work)
    return report
