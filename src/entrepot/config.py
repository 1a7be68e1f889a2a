"""Every setting of an installation: its type, its unit, its default, and how it is read."""

import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from entrepot.domain import sizes

if TYPE_CHECKING:
    from entrepot.domain.webhooks import Webhook

PREFIX = "ENTREPOT_"
FILE_VARIABLE = "ENTREPOT_CONFIG"
SYSTEM_FILE = "/etc/entrepot/entrepot.toml"
LOCAL_FILE = "entrepot.toml"
MIB = 1024 * 1024
DAY = 24 * 3600.0

_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.%a-z]+\]|[^\[\]:\s]*):(\d{1,5})\Z")
_LISTS = frozenset({"trusted_proxies", "listeners", "limits.api_rates", "protection.tags", "events.webhooks"})
_RATE = re.compile(r"([A-Z][A-Za-z]{1,63})=([0-9]{1,9}(?:\.[0-9]{1,6})?)")
_TEMPLATE = re.compile(r"(?:[A-Za-z0-9.:\-\[\]]|\{account\}|\{region\})+\Z")


class ConfigError(Exception):
    """The installation cannot start as configured; the text is one line that says what to do."""


class Tls(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Certificate and key of a listener, read at start and again on SIGHUP."""

    certificate: Annotated[str, Meta(description="PEM file: the certificate and its chain.", min_length=1)]
    key: Annotated[str, Meta(description="PEM file: the private key, without a password.", min_length=1)]


class Listener(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One more address that the registry answers on."""

    name: Annotated[str, Meta(description="What messages call it.", pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    address: Annotated[str, Meta(description="HOST:PORT, as `listen`.")]
    tls: Annotated[Tls | None, Meta(description="Table with `certificate` and `key`; absent means HTTP.")] = None
    vpc_endpoint: Annotated[
        str,
        Meta(
            description="What policies see as aws:SourceVpce of requests to it, as `vpce-0a1b2c3d`; empty for none.",
            pattern=r"^(vpce-[0-9a-f]{8,17})?$",
        ),
    ] = ""


class Limits(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one client may use of the server."""

    header_bytes: Annotated[
        int, Meta(description="Bytes of a request's line and headers; more is answered 431.", ge=1024)
    ] = 32768
    header_seconds: Annotated[
        float, Meta(description="Seconds from the first byte of a request to the end of its headers.", gt=0)
    ] = 10.0
    idle_seconds: Annotated[
        float, Meta(description="Seconds that a connection may stay open between requests.", gt=0)
    ] = 75.0
    body_bytes: Annotated[int, Meta(description="Bytes of one request's body; more is answered 413.", ge=1)] = (
        52000 * MIB
    )
    body_seconds: Annotated[
        float,
        Meta(description="Seconds that a body, either way, may stand still before it is broken off.", gt=0),
    ] = 60.0
    concurrency: Annotated[int, Meta(description="Requests in progress per worker; more are answered 503.", ge=1)] = (
        1000
    )
    v2_requests_per_second: Annotated[
        float,
        Meta(
            description="Requests to `/v2` that one principal may make in a second; more are answered 429 with "
            "Retry-After. 0 means no limit.",
            ge=0,
        ),
    ] = 0.0
    aws_rates: Annotated[
        bool,
        Meta(
            description="Let an account make only as many calls of one kind in a second as Amazon ECR lets it (10 "
            "PutImage, 100 InitiateLayerUpload …), over the API and `/v2`, in each region that has a repository; more "
            "are answered ThrottlingException or 429."
        ),
    ] = False
    api_rates: Annotated[
        tuple[str, ...],
        Meta(
            description="Calls of one kind that an account may make in a second, such as `PutImage=10`, in place of "
            "those of `aws_rates` or beside them; 0 means no limit."
        ),
    ] = ()
    failed_attempts: Annotated[
        float,
        Meta(
            description="Attempts to sign or log in with one access key that may fail from one address in a minute, "
            "each worker giving its share, and ten times as many with all keys together; more are answered 429 or "
            "ThrottlingException. 0 means no limit.",
            ge=0,
        ),
    ] = 60.0
    threads: Annotated[int, Meta(description="Threads per worker that write, hash and read files.", ge=1, le=512)] = 16
    shutdown_seconds: Annotated[
        int, Meta(description="Seconds that requests in progress have to finish after SIGTERM.", ge=0)
    ] = 30


class Log(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is logged, to standard error."""

    level: Annotated[Literal["debug", "info", "warning", "error"], Meta(description="The least that is logged.")] = (
        "info"
    )
    format: Annotated[
        Literal["json", "text"] | None,
        Meta(description="`json` or `text`; when absent, text on a terminal and JSON elsewhere."),
    ] = None


class Metrics(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who may read `/metrics`."""

    token: Annotated[
        str, Meta(description="Bearer token that opens `/metrics` to others than loopback; empty means none.")
    ] = ""


class Database(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the metadata lives."""

    url: Annotated[
        str,
        Meta(
            description="`postgresql://USER@HOST/NAME`; empty means SQLite in the data folder.",
            pattern=r"^$|^postgres(ql)?://",
        ),
    ] = ""


class Storage(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the bytes live."""

    reserve: Annotated[
        int | str,
        Meta(
            description="Where less than this is free, beside `storage.database_reserve`, images in the recycle bin "
            "go, those deleted first in front: bytes, a size such as `20GiB`, or a percentage of the file system. "
            "No upload is refused for it.",
        ),
    ] = "5%"
    database_reserve: Annotated[
        int,
        Meta(
            description="Bytes that stay free beside the blobs, so that the database can still write; an upload that "
            "would need them is answered 507.",
            ge=0,
        ),
    ] = 128 * MIB


class Gc(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Garbage collection."""

    interval: Annotated[
        float,
        Meta(description="Seconds from one collection to the next; 0 means never by itself.", ge=0, le=366 * DAY),
    ] = 3600.0
    grace: Annotated[
        float,
        Meta(
            description="Seconds that a blob is kept after its lease was over: see docs/operating.md.",
            ge=0,
            le=3660 * DAY,
        ),
    ] = 3600.0


class Lifecycle(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Lifecycle policies."""

    interval: Annotated[
        float,
        Meta(
            description="Seconds from one run of a repository's policy to the next, and from its setting to the first; "
            "0 means never by itself.",
            ge=0,
            le=366 * DAY,
        ),
    ] = 3600.0


class Scrub(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Hashing what is stored again, to find damage."""

    days: Annotated[
        float,
        Meta(description="Every blob is hashed again after so many days; 0 means never by itself.", ge=0, le=3660),
    ] = 7.0
    bytes_per_second: Annotated[
        float, Meta(description="Bytes a second that this may read; 0 means as fast as it goes.", ge=0)
    ] = 20.0 * MIB


class Quotas(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much there may be; more is answered LimitExceededException. The defaults are Amazon ECR's."""

    repositories_per_registry: Annotated[int, Meta(description="Repositories that a registry may have.", ge=1)] = (
        100_000
    )
    images_per_repository: Annotated[int, Meta(description="Images that one repository may have.", ge=1)] = 100_000
    tags_per_image: Annotated[int, Meta(description="Tags that one image may have.", ge=1)] = 1000
    layer_bytes: Annotated[int, Meta(description="Bytes that one layer may have.", ge=1)] = 52000 * MIB
    layer_parts: Annotated[int, Meta(description="Parts of one layer that is uploaded over the API.", ge=1)] = 4200


class Archive(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Images in the archive."""

    activation_seconds: Annotated[
        float,
        Meta(
            description="Seconds that an image is ACTIVATING when it is restored from the archive; looked at every "
            "30 seconds. Amazon ECR needs up to 20 minutes.",
            ge=0,
            le=DAY,
        ),
    ] = 0.0


class Trash(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The recycle bin."""

    retention_days: Annotated[
        float,
        Meta(
            description="Days that a deleted image can be restored with `entrepot trash restore`; 0 means no bin.",
            ge=0,
            le=3660,
        ),
    ] = 7.0


class Protection(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What nobody can delete."""

    tags: Annotated[
        tuple[str, ...],
        Meta(description="Images with a tag that one of these wildcards fits, such as `release-*`, in any repository."),
    ] = ()


class Oci(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The Docker and OCI door."""

    sparse_manifests: Annotated[
        bool, Meta(description="Accept manifests that name blobs or images which the repository does not have.")
    ] = False


class WebhookSetting(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who is told of events."""

    name: Annotated[str, Meta(description="What messages call it.", pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    url: Annotated[str, Meta(description="http or https URL that each event is POSTed to.")]
    pattern: Annotated[
        str | dict[str, Any],
        Meta(
            description="Which events: a pattern as EventBridge has it, as JSON text or as a table; empty is every one."
        ),
    ] = ""
    secret: Annotated[
        str, Meta(description="What messages are signed with: 16 bytes or more, or `whsec_` and base64.")
    ] = ""
    headers: Annotated[dict[str, str], Meta(description="More headers, such as Authorization.")] = {}
    timeout: Annotated[float, Meta(description="Seconds that one message may take.", gt=0, le=60)] = 10.0
    max_attempts: Annotated[int, Meta(description="How often a message is tried.", ge=1, le=1000)] = 12
    max_age: Annotated[
        float, Meta(description="Seconds after which a message that fails is given up.", gt=0, le=6 * DAY)
    ] = DAY
    allow_private: Annotated[
        bool,
        Meta(description="Call it also where its address is inside the network; else `events.allow_private` says."),
    ] = False


class Events(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who is told of what happens."""

    allow_private: Annotated[
        bool,
        Meta(
            description="Let webhooks call addresses inside the network: loopback, private, link-local and their like."
        ),
    ] = False
    webhooks: Annotated[
        tuple[WebhookSetting, ...],
        Meta(
            description="Tables with `name`, `url` and, where wanted, `pattern`, `secret`, `headers`, `timeout`, "
            "`max_attempts`, `max_age` and `allow_private`: see docs/events.md."
        ),
    ] = ()


class Oidc(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """OpenID Connect issuers, whose tokens AssumeRoleWithWebIdentity takes."""

    allow_private: Annotated[
        bool,
        Meta(description="Ask issuers for their keys also at addresses inside the network: loopback, private …"),
    ] = False
    timeout: Annotated[float, Meta(description="Seconds that an issuer has to answer.", gt=0, le=60)] = 5.0
    keys_seconds: Annotated[
        float,
        Meta(
            description="Seconds that an issuer's keys are kept; a token with a key that is not among them has them "
            "asked for at once, at most every 30 seconds.",
            ge=1,
            le=DAY,
        ),
    ] = 3600.0


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that can be chosen about one installation."""

    data_dir: Annotated[
        str, Meta(description="Folder of database, blobs and keys; empty means `$XDG_DATA_HOME/entrepot`.")
    ] = ""
    listen: Annotated[
        str,
        Meta(
            description="HOST:PORT. `localhost` is 127.0.0.1 and [::1]; an empty host is every address; "
            "port 0 is any free one; empty means only `listeners`."
        ),
    ] = "localhost:5000"
    workers: Annotated[
        int, Meta(description="Worker processes; the default is the number of CPUs, at most 4.", ge=1, le=256)
    ] = msgspec.field(default_factory=lambda: min(4, os.cpu_count() or 1))
    account_id: Annotated[str, Meta(description="The default account: 12 digits.", pattern=r"^[0-9]{12}$")] = (
        "123456789012"
    )
    region: Annotated[
        str, Meta(description="The default region, such as `eu-central-1`.", pattern=r"^[a-z]{2,}(-[a-z0-9]+)+$")
    ] = "us-east-1"
    access_key_id: Annotated[
        str,
        Meta(
            description="Root access key of the default account; empty means one made at first start.",
            pattern=r"^$|^\w{16,128}$",
        ),
    ] = ""
    secret_access_key: Annotated[
        str, Meta(description="Its secret; never written to the data folder when given here.")
    ] = ""
    sealing_key: Annotated[
        str,
        Meta(
            description="32 bytes in base64 that seal access keys' secrets, sessions and login tokens, or several with "
            "commas between, the newest first; never written to the data folder. Empty means one made at first start."
        ),
    ] = ""
    sealing_key_command: Annotated[
        str, Meta(description="Command that prints the same, asked at each process's start; `sealing_key` wins.")
    ] = ""
    registry_host: Annotated[
        str,
        Meta(
            description="Host that repositoryUri and proxyEndpoint name, such as "
            "`{account}.dkr.ecr.{region}.example.com`; empty means `localhost:PORT`."
        ),
    ] = ""
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(description="Addresses and networks whose X-Forwarded-For and X-Forwarded-Proto are believed."),
    ] = ()
    listeners: Annotated[
        tuple[Listener, ...], Meta(description="More listeners: tables with `name`, `address` and `tls`.")
    ] = ()
    oidc: Oidc = Oidc()
    limits: Limits = Limits()
    log: Log = Log()
    metrics: Metrics = Metrics()
    database: Database = Database()
    storage: Storage = Storage()
    gc: Gc = Gc()
    lifecycle: Lifecycle = Lifecycle()
    scrub: Scrub = Scrub()
    oci: Oci = Oci()
    quotas: Quotas = Quotas()
    archive: Archive = Archive()
    trash: Trash = Trash()
    protection: Protection = Protection()
    events: Events = Events()


@dataclass(frozen=True, slots=True)
class BoundListener:
    """A listener with its real port."""

    name: str
    host: str
    port: int
    tls: bool
    vpc_endpoint: str = ""

    @property
    def url(self) -> str:
        """Where a client on this machine reaches it."""
        host = "localhost" if self.host in ("", "0.0.0.0", "::", "[::]") else self.host  # noqa: S104
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Bound:
    """What is known once the sockets are bound."""

    listeners: tuple[BoundListener, ...]
    registry_host: str
    """Template of the host that repositoryUri names, the default filled in."""

    @property
    def url(self) -> str:
        """The first listener's URL."""
        return self.listeners[0].url

    @property
    def registry_url(self) -> str:
        """Template of proxyEndpoint: `registry_host` with its scheme."""
        return f"{self.registry_scheme}://{self.registry_host}"

    @property
    def registry_scheme(self) -> str:
        """The scheme of the listener whose port `registry_host` names, else of the first one."""
        named = [one for one in self.listeners if self.registry_host.endswith(f":{one.port}")]
        return "https" if (named or self.listeners)[0].tls else "http"


def address(text: str) -> tuple[str, int]:
    """Split HOST:PORT; an IPv6 host stands in brackets and keeps them. Raises ValueError."""
    found = _ADDRESS.match(text)
    if found is None or int(found[2]) > 65535:  # noqa: PLR2004
        raise ValueError(text)
    return found[1], int(found[2])


@dataclass(frozen=True, slots=True)
class Key:
    """One key that can be set."""

    path: str
    type: Any
    default: object
    description: str

    @property
    def variable(self) -> str:
        return PREFIX + self.path.upper().replace(".", "__")


def keys(struct: type[Struct] = Settings, prefix: str = "") -> Iterator[Key]:
    """Every key with its full name, in the order of the page that documents them."""
    for field in msgspec.structs.fields(struct):
        if isinstance(field.type, type) and issubclass(field.type, Struct):
            yield from keys(field.type, f"{prefix}{field.name}.")
        else:
            yield Key(prefix + field.name, field.type, field.default, field.type.__metadata__[0].description)


@dataclass(frozen=True, slots=True)
class _Given:
    """A value and where it came from."""

    value: object
    source: str
    is_text: bool


def load(config_file: str | None, environ: Mapping[str, str], flags: Mapping[str, object]) -> Settings:
    """Read file, variables and flags, later ones winning; a flag that is None was not given.

    Raises ConfigError naming every problem at once, and never the value of a secret.
    """
    known = {key.path: key for key in keys()}
    problems: list[str] = []
    given = _from_file(_file(config_file, environ), known, problems)
    given |= _from_environ(environ, known, problems)
    given |= {
        name: _Given(value, "--" + name.removesuffix("_id").replace("_", "-"), is_text=False)
        for name, value in flags.items()
        if value is not None
    }
    values = {path: _convert(known[path], item, problems) for path, item in given.items()}
    settings = Settings() if problems else _assemble(values)
    problems += () if problems else _contradictions(settings, given)
    if problems:
        raise ConfigError("; ".join(problems) + ". Every setting: docs/settings.md")
    return msgspec.structs.replace(settings, data_dir=_data_dir(settings.data_dir, environ))


def _file(config_file: str | None, environ: Mapping[str, str]) -> str | None:
    chosen = config_file or environ.get(FILE_VARIABLE)
    if chosen:
        if not Path(chosen).is_file():
            raise ConfigError(f"the configuration file {chosen} does not exist: correct --config or {FILE_VARIABLE}")
        return chosen
    return next((name for name in (LOCAL_FILE, SYSTEM_FILE) if Path(name).is_file()), None)


def _from_file(name: str | None, known: Mapping[str, Key], problems: list[str]) -> dict[str, _Given]:
    if name is None:
        return {}
    try:
        document = tomllib.loads(Path(name).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{name} cannot be read: {error}".replace("\n", " ")) from None
    return dict(_flatten(document, "", name, known, problems))


def _flatten(
    table: Mapping[str, object], prefix: str, source: str, known: Mapping[str, Key], problems: list[str]
) -> Iterator[tuple[str, _Given]]:
    for name, value in table.items():
        path = prefix + name
        if path in known:
            yield path, _Given(value, f"{source}: {path}", is_text=False)
        elif isinstance(value, dict) and any(key.startswith(path + ".") for key in known):
            yield from _flatten(value, path + ".", source, known, problems)
        else:
            problems.append(f"{source}: unknown key {path!r}{_nearest(path, known)}")


def _from_environ(environ: Mapping[str, str], known: Mapping[str, Key], problems: list[str]) -> dict[str, _Given]:
    paths = {key.variable: path for path, key in known.items()}
    found = {}
    for name in sorted(environ):
        if name.startswith(PREFIX) and name != FILE_VARIABLE:
            if name in paths:
                found[paths[name]] = _Given(environ[name], name, is_text=True)
            else:
                problems.append(f"unknown variable {name}{_nearest(name, paths)}")
    return found


def _nearest(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _convert(key: Key, given: _Given, problems: list[str]) -> object:
    value = given.value
    try:
        if given.is_text and isinstance(value, str) and key.path in _LISTS:
            value = _list(value)
        return msgspec.convert(value, key.type, strict=not given.is_text)
    except (msgspec.ValidationError, ValueError) as error:
        problems.append(f"{given.source}: {str(error).replace('`', '')} ({key.description})")
        return None


def _list(text: str) -> object:
    """Read a list from a variable: TOML when it opens with a bracket, else words with commas between."""
    if text.lstrip().startswith("["):
        return tomllib.loads(f"x = {text}")["x"]
    return [word.strip() for word in text.split(",") if word.strip()]


def _assemble(values: Mapping[str, object]) -> Settings:
    tree: dict[str, Any] = {}
    for path, value in values.items():
        table, _, name = path.rpartition(".")
        target = tree.setdefault(table, {}) if table else tree
        target[name] = msgspec.to_builtins(value)
    return msgspec.convert(tree, Settings)


def _contradictions(settings: Settings, given: Mapping[str, _Given]) -> Iterator[str]:
    """Yield what each value alone cannot show."""
    addresses = {"listen": settings.listen} if settings.listen else {}
    addresses |= {f"listeners.{each.name}": each.address for each in settings.listeners}
    if not addresses:
        yield "nothing to listen on: set listen or listeners"
    if len(settings.listeners) != len({each.name for each in settings.listeners} - {"main"}):
        yield "listeners: each needs a name of its own, and none is main (the listener of listen)"
    for name, text in addresses.items():
        try:
            address(text)
        except ValueError:
            source = given[name].source if name in given else name
            yield f"{source}: {json.dumps(text)} is not HOST:PORT, such as localhost:5000 or [::1]:5000"
    if bool(settings.access_key_id) != bool(settings.secret_access_key):
        yield "access_key_id and secret_access_key: give both or neither"
    if settings.registry_host and not _TEMPLATE.match(settings.registry_host):
        yield "registry_host: a host such as registry.example.com:5000, with {account} and {region} at most"
    yield from _bad_networks(settings.trusted_proxies)
    try:
        sizes.parse(settings.storage.reserve)
    except ValueError as error:
        yield f"storage.reserve: {error}"
    if settings.limits.api_rates:
        yield from _bad_rates(settings.limits.api_rates)
    if settings.events.webhooks:
        yield from _bad_webhooks(settings.events)


def rates(limits: Limits) -> dict[str, float]:
    """How often a second each action may be called, where that is limited: by the name of the action in IAM."""
    from entrepot.domain.quotas import RATES  # noqa: PLC0415 - most installations have none

    chosen = dict(RATES) if limits.aws_rates else {}
    for text in limits.api_rates:
        action, _, rate = text.partition("=")
        chosen[f"ecr:{action}"] = float(rate)
    return chosen


def _bad_rates(texts: tuple[str, ...]) -> Iterator[str]:
    from entrepot.aws import model  # noqa: PLC0415 - most installations have none

    operations = model.service("ecr").operations
    given: set[str] = set()
    for text in texts:
        action = text.partition("=")[0]
        if not _RATE.fullmatch(text):
            yield f"limits.api_rates: {json.dumps(text)} is not an action and a number, such as PutImage=10"
        elif action not in operations:
            yield f"limits.api_rates: ECR has no operation {action}{_nearest(action, operations)}"
        elif action in given:
            yield f"limits.api_rates: {action} is given twice: leave one of them out"
        given.add(action)


def webhooks(events: Events) -> "Iterator[Webhook]":
    """The webhooks as they are chosen. Raises ValueError, which names the one that is wrong."""
    from entrepot.domain import webhooks as rules  # noqa: PLC0415 - most installations have none

    for each in events.webhooks:
        values = msgspec.structs.asdict(each)
        yield rules.make(**values | {"allow_private": each.allow_private or events.allow_private})


def _bad_webhooks(events: Events) -> Iterator[str]:
    if len(events.webhooks) != len({each.name for each in events.webhooks}):
        yield "events.webhooks: each needs a name of its own"
    try:
        list(webhooks(events))
    except ValueError as error:
        yield f"events.webhooks: {error}"


def _bad_networks(networks: tuple[str, ...]) -> Iterator[str]:
    from ipaddress import ip_network  # noqa: PLC0415 - 6 ms of start-up that most installations need not pay

    for text in networks:
        try:
            ip_network(text)
        except ValueError:
            yield f"trusted_proxies: {json.dumps(text)} is not an address or network such as 10.0.0.0/8"


def _data_dir(chosen: str, environ: Mapping[str, str]) -> str:
    home = environ.get("HOME") or str(Path("~").expanduser())
    if chosen:
        path = Path(home, chosen[2:]) if chosen.startswith("~/") else Path(chosen)
    else:
        path = Path(environ.get("XDG_DATA_HOME") or Path(home, ".local/share"), "entrepot")
    return str(Path.cwd() / path)
