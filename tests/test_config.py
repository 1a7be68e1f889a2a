"""Settings: order, conversion, and one line for everything that is wrong."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from entrepot import config
from entrepot.config import (
    Bound,
    BoundListener,
    ConfigError,
    Limits,
    Listener,
    Settings,
    Tls,
    load,
    rates,
    webhooks,
)

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_nothing_given() -> None:
    """Without file, variables and flags every default holds; the folder follows XDG."""
    settings = load(None, {"HOME": "/home/ann"}, {})
    assert settings.data_dir == "/home/ann/.local/share/entrepot"
    assert load(None, {"HOME": "/h", "XDG_DATA_HOME": "/x"}, {}).data_dir == "/x/entrepot"
    assert (settings.listen, settings.account_id, settings.region) == ("localhost:5000", "123456789012", "us-east-1")
    assert 1 <= settings.workers <= 4
    assert settings.limits.body_bytes == 52000 * 1048576


def test_later_wins(tmp_path: Path) -> None:
    """File, then variables, then flags; a flag that was not given changes nothing."""
    (tmp_path / "entrepot.toml").write_text('region = "eu-west-1"\nworkers = 2\nlisten = "localhost:1"\n')
    environ = {"ENTREPOT_REGION": "eu-west-2", "ENTREPOT_WORKERS": "3"}
    settings = load(None, environ, {"workers": 4, "data_dir": None})
    assert (settings.listen, settings.region, settings.workers) == ("localhost:1", "eu-west-2", 4)


def test_the_first_file_that_exists(tmp_path: Path) -> None:
    """--config before ENTREPOT_CONFIG before ./entrepot.toml, and only one of them."""
    for name in ("entrepot.toml", "variable.toml", "flag.toml"):
        (tmp_path / name).write_text(f'registry_host = "{name.partition(".")[0]}.example"\n')
    environ = {"ENTREPOT_CONFIG": str(tmp_path / "variable.toml")}
    assert load(None, {}, {}).registry_host == "entrepot.example"
    assert load(None, environ, {}).registry_host == "variable.example"
    assert load(str(tmp_path / "flag.toml"), environ, {}).registry_host == "flag.example"


def test_every_kind_of_value_in_a_variable() -> None:
    """Numbers, switches, lists and tables."""
    settings = load(
        None,
        {
            "ENTREPOT_OCI__SPARSE_MANIFESTS": "true",
            "ENTREPOT_LIMITS__HEADER_SECONDS": "2.5",
            "ENTREPOT_LIMITS__HEADER_BYTES": "4096",
            "ENTREPOT_TRUSTED_PROXIES": "10.0.0.0/8, 127.0.0.1",
            "ENTREPOT_PROTECTION__TAGS": "v*, stable",
            "ENTREPOT_LOG__FORMAT": "json",
            "ENTREPOT_LISTENERS": '[{name = "b", address = ":1", tls = {certificate = "c", key = "k"}}]',
            "ENTREPOT_DATABASE__URL": "postgresql://u@h/d",
        },
        {},
    )
    assert settings.oci.sparse_manifests is True
    assert (settings.limits.header_seconds, settings.limits.header_bytes) == (2.5, 4096)
    assert settings.trusted_proxies == ("10.0.0.0/8", "127.0.0.1")
    assert settings.protection.tags == ("v*", "stable")
    assert settings.log.format == "json"
    assert settings.listeners == (Listener(name="b", address=":1", tls=Tls(certificate="c", key="k")),)
    assert settings.database.url == "postgresql://u@h/d"


def test_data_dir_is_made_absolute(tmp_path: Path) -> None:
    """Relative to where the command runs; ~ is the home folder."""
    assert load(None, {}, {"data_dir": "data"}).data_dir == str(tmp_path / "data")
    assert load(None, {"HOME": "/h", "ENTREPOT_DATA_DIR": "~/d"}, {}).data_dir == "/h/d"


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"ENTREPOT_LISTN": "x"}, "unknown variable ENTREPOT_LISTN (did you mean ENTREPOT_LISTEN?)"),
        ({"ENTREPOT_WORKERS": "many"}, "ENTREPOT_WORKERS: Expected int"),
        ({"ENTREPOT_WORKERS": "0"}, "ENTREPOT_WORKERS: Expected int >= 1"),
        ({"ENTREPOT_LISTEN": "5000"}, 'ENTREPOT_LISTEN: "5000" is not HOST:PORT, such as localhost:5000'),
        ({"ENTREPOT_LISTEN": "localhost:65536"}, "is not HOST:PORT"),
        ({"ENTREPOT_LISTEN": "::1:5000"}, "is not HOST:PORT"),
        ({"ENTREPOT_LISTEN": ""}, "nothing to listen on: set listen or listeners"),
        ({"ENTREPOT_ACCOUNT_ID": "12345"}, "ENTREPOT_ACCOUNT_ID: "),
        ({"ENTREPOT_REGION": "Frankfurt"}, "ENTREPOT_REGION: "),
        ({"ENTREPOT_LOG__LEVEL": "loud"}, "ENTREPOT_LOG__LEVEL: Invalid enum value"),
        ({"ENTREPOT_OCI__SPARSE_MANIFESTS": "maybe"}, "ENTREPOT_OCI__SPARSE_MANIFESTS: Expected bool"),
        ({"ENTREPOT_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}, "give both or neither"),
        ({"ENTREPOT_DATABASE__URL": "mysql://"}, "ENTREPOT_DATABASE__URL: "),
        ({"ENTREPOT_REGISTRY_HOST": "http://x"}, "registry_host: a host such as"),
        ({"ENTREPOT_REGISTRY_HOST": "{user}.x"}, "registry_host: a host such as"),
        ({"ENTREPOT_TRUSTED_PROXIES": "all"}, 'trusted_proxies: "all" is not an address or network'),
        ({"ENTREPOT_LISTENERS": "[{name = 'main', address = ':1'}]"}, "listeners: each needs a name of its own"),
        ({"ENTREPOT_LISTENERS": "[{name = 'a', address = '1'}]"}, 'listeners.a: "1" is not HOST:PORT'),
        ({"ENTREPOT_LISTENERS": "[{"}, "ENTREPOT_LISTENERS: "),
        ({"ENTREPOT_STORAGE__RESERVE": "some"}, "storage.reserve: some is neither bytes, nor a size such as 20GiB"),
        ({"ENTREPOT_STORAGE__RESERVE": "-1"}, "storage.reserve: -1 is neither bytes"),
        ({"ENTREPOT_EVENTS__WEBHOOKS": "[{name = 'a'}]"}, "ENTREPOT_EVENTS__WEBHOOKS: "),
        ({"ENTREPOT_EVENTS__WEBHOOKS": "[{name = 'a', url = 'x'}]"}, "events.webhooks: a: only http and https"),
        ({"ENTREPOT_LISTENERS": "[{name = 'a', adress = ':1'}]"}, "ENTREPOT_LISTENERS: "),
        ({"ENTREPOT_CONFIG": "/no/such/file"}, "the configuration file /no/such/file does not exist"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(environ: dict[str, str], words: str) -> None:
    """Naming the variable, what it should be, and the nearest name that exists."""
    with pytest.raises(ConfigError) as caught:
        load(None, environ, {})
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_problems_at_once_and_no_secret(tmp_path: Path) -> None:
    """File, variables and flags are reported together; secret values are not repeated."""
    (tmp_path / "entrepot.toml").write_text('regoin = "x"\n[limits]\nheader_byte = 1\nidle_seconds = "x"\n')
    environ = {"ENTREPOT_WORKERS": "x", "ENTREPOT_ACCESS_KEY_ID": "s3cr3t!", "ENTREPOT_DATABASE__URL": "s3cr3t!"}
    with pytest.raises(ConfigError) as caught:
        load(None, environ, {"workers": 0})
    text = str(caught.value)
    for words in (
        "entrepot.toml: unknown key 'regoin' (did you mean region?)",
        "entrepot.toml: unknown key 'limits.header_byte' (did you mean limits.header_bytes?)",
        "entrepot.toml: limits.idle_seconds: Expected float, got str",
        "--workers: Expected int >= 1",
        "ENTREPOT_ACCESS_KEY_ID: ",
        "ENTREPOT_DATABASE__URL: ",
    ):
        assert words in text
    assert "s3cr3t" not in text


def test_a_file_that_is_not_toml(tmp_path: Path) -> None:
    """Named, in one line."""
    (tmp_path / "entrepot.toml").write_text("listen =\n")
    with pytest.raises(ConfigError, match=r"^entrepot.toml cannot be read: .*line 1"):
        load(None, {}, {})


def test_types_in_a_file_are_strict(tmp_path: Path) -> None:
    """A number in quotes is a mistake there."""
    (tmp_path / "entrepot.toml").write_text('workers = "2"\n')
    with pytest.raises(ConfigError, match="workers: Expected int, got str"):
        load(None, {}, {})


@pytest.mark.parametrize(
    ("host", "tls", "url"),
    [
        ("localhost", False, "http://localhost:7"),
        ("", True, "https://localhost:7"),
        ("0.0.0.0", False, "http://localhost:7"),
        ("[::1]", False, "http://[::1]:7"),
        ("ecr.example", True, "https://ecr.example:7"),
    ],
)
def test_urls(host: str, tls: bool, url: str) -> None:
    """An address that means every address is reached as localhost; proxyEndpoint takes the scheme."""
    bound = Bound((BoundListener("main", host, 7, tls),), "r.example")
    assert bound.url == url
    assert bound.registry_url == f"{url.partition(':')[0]}://r.example"


def test_every_setting_is_described_and_frozen() -> None:
    """Each key has a sentence and a variable of its own; nothing can be changed after loading."""
    every = list(config.keys())
    assert len({key.variable for key in every}) == len(every) > 20
    assert all(len(key.description) > 20 for key in every)
    with pytest.raises(AttributeError):
        Settings().region = "x"  # type: ignore[misc]
    assert msgspec.structs.asdict(Settings())["limits"].threads == 16


def test_the_page_is_up_to_date() -> None:
    """docs/settings.md is what the tool writes."""
    subprocess.run([sys.executable, str(ROOT / "tools/write_settings.py"), "--check"], check=True, cwd=ROOT)


def test_webhooks(tmp_path: Path) -> None:
    """Tables of a file or of a variable; a pattern as JSON or as a table; what is allowed for all is for each."""
    (tmp_path / "entrepot.toml").write_text("""
[events]
allow_private = true

[[events.webhooks]]
name = "all"
url = "http://127.0.0.1:9/"

[[events.webhooks]]
name = "pushes"
url = "https://example.com/hook"
secret = "a secret of some length"
max_attempts = 3
pattern = '{"detail": {"action-type": ["PUSH"]}}'

[[events.webhooks]]
name = "deletes"
url = "https://example.com/hook"
headers = { Authorization = "Bearer x" }
[events.webhooks.pattern]
detail = { action-type = ["DELETE"] }
""")
    every, pushes, deletes = webhooks(load(str(tmp_path / "entrepot.toml"), {}, {}).events)
    assert (every.pattern, every.allow_private, every.max_attempts) == (None, True, 12)
    assert (pushes.name, pushes.max_attempts, pushes.key) == ("pushes", 3, b"a secret of some length")
    assert deletes.pattern is not None
    assert deletes.pattern.matches({"detail": {"action-type": "DELETE"}})
    variable = """[{name = "all", url = "http://127.0.0.1/", allow_private = true}]"""
    (one,) = webhooks(load(None, {"ENTREPOT_EVENTS__WEBHOOKS": variable}, {}).events)
    assert one.allow_private


def test_webhooks_that_are_wrong() -> None:
    """Two of one name, and a pattern that no event can be compared with: one line without the secret."""
    for variable, words in [
        ('[{name = "a", url = "https://x/"}, {name = "a", url = "https://x/"}]', "events.webhooks: each needs a name"),
        ('[{name = "a", url = "https://x/", pattern = {a = 1}}]', "events.webhooks: a: a: a list of values"),
        ('[{name = "a", url = "https://x/", secret = "s3cr3t"}]', "a secret has at least 16 bytes"),
        ('[{name = "a", url = "https://x/", headers = {Host = "s3cr3t"}}]', "the header Host is set"),
        ('[{name = "A", url = "https://x/", secret = "s3cr3t"}]', "ENTREPOT_EVENTS__WEBHOOKS: "),
        ('[{name = "a", url = "https://x/", timeout = 0, secret = "s3cr3t"}]', "ENTREPOT_EVENTS__WEBHOOKS: "),
    ]:
        with pytest.raises(ConfigError) as caught:
            load(None, {"ENTREPOT_EVENTS__WEBHOOKS": variable}, {})
        assert words in str(caught.value), variable
        assert "s3cr3t" not in str(caught.value)
        assert "\n" not in str(caught.value)


def test_rates_of_actions(tmp_path: Path) -> None:
    """Rates are AWS's where they are chosen, and an action's own stands in place of that or beside it."""
    assert rates(Limits()) == {}
    chosen = rates(Limits(aws_rates=True, api_rates=("PutImage=5", "ListImages=0.5")))
    assert (chosen["ecr:PutImage"], chosen["ecr:ListImages"], chosen["ecr:BatchGetImage"]) == (5, 0.5, 2000)
    for wrong in ("PutImage", "PutImage=", "PutImage=-1", "ecr:PutImage=1", "=1"):
        with pytest.raises(ConfigError, match="is not an action and a number"):
            load(None, {"HOME": str(tmp_path), "ENTREPOT_LIMITS__API_RATES": wrong}, {})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("PutImages=10", "limits.api_rates: ECR has no operation PutImages (did you mean PutImage?)"),
        ("Zzz=1", "limits.api_rates: ECR has no operation Zzz. "),
        ("CreateUser=1", "limits.api_rates: ECR has no operation CreateUser"),
        ("PutImage=10,ListImages=1,PutImage=5", "limits.api_rates: PutImage is given twice: leave one of them out"),
        ("StartImageScan=1,PutImage=0.5", None),
    ],
)
def test_rates_of_what_is_there_once(tmp_path: Path, given: str, words: str | None) -> None:
    """A rate of what is no operation of ECR would limit nothing, one of two would be lost: both are said at once."""
    environ = {"HOME": str(tmp_path), "ENTREPOT_LIMITS__API_RATES": given}
    if words is None:
        assert load(None, environ, {}).limits.api_rates == tuple(given.split(","))
        return
    with pytest.raises(ConfigError) as refused:
        load(None, environ, {})
    assert words in str(refused.value)
