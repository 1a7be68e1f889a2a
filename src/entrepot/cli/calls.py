"""Calls to a running registry as its user: credentials from where the aws command line has them, signed here."""

import base64
import configparser
import hashlib
import hmac
import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree as ET

from entrepot.aws import sigv4

SECONDS = 20
_MOST = 1024 * 1024
_LOOPBACK = re.compile(r"(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]+)?\Z")
_ECR_HOST = re.compile(r"([0-9]{12})\.dkr[.-]ecr(?:-fips)?\.([0-9a-z-]{2,25})\..+")
_STS = "{https://sts.amazonaws.com/doc/2011-06-15/}"


class Refused(Exception):
    """There are no credentials for this host; the text is one line that says why."""


@dataclass(frozen=True, slots=True)
class Signer:
    """An access key; `token` is the session token of temporary credentials, or empty."""

    access_key_id: str
    secret: str
    token: str = ""

    def __repr__(self) -> str:
        return f"Signer({self.access_key_id!r}, …)"


@dataclass(frozen=True, slots=True)
class Login:
    """What a registry takes for a login, until `expires` (seconds since 1970)."""

    host: str
    username: str
    password: str
    expires: float

    def __repr__(self) -> str:
        return f"Login({self.host!r}, …)"


# --- the login -------------------------------------------------------------------------------------------------


def login(host: str, environ: Mapping[str, str], signer: Signer | None = None) -> Login:
    """A login for a registry's host, as a client names it in front of an image. Raises Refused.

    What is got from AWS_ENDPOINT_URL is only given to that host or to the one that the registry itself names: another
    host, that an image's name may bring up, gets nothing, not even a signature, which it could pass on.
    """
    chosen = environ.get("AWS_ENDPOINT_URL_ECR") or environ.get("AWS_ENDPOINT_URL") or ""
    if not chosen and not _LOOPBACK.match(host):
        raise Refused(f"credentials not found: they are only for the registry that AWS_ENDPOINT_URL names, not {host}")
    url = chosen or f"{'http' if _LOOPBACK.match(host) else 'https'}://{host}"
    found = _ECR_HOST.fullmatch(host)
    region = found[2] if found else _setting(environ, "region") or "us-east-1"
    accounts = {"registryIds": [found[1]]} if found else {}
    who = signer or credentials(environ)
    answer = json.loads(_signed(url, region, who, json.dumps(accounts).encode()))
    data = answer["authorizationData"][0]
    named = urlsplit(data["proxyEndpoint"]).netloc
    if host.lower() not in {named.lower(), urlsplit(url).netloc.lower()}:
        raise Refused(f"credentials not found: {url} is the registry {named} and not {host}")
    username, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
    return Login(host, username, password, float(data["expiresAt"]))


def _signed(url: str, region: str, who: Signer, body: bytes) -> bytes:
    """Call GetAuthorizationToken."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "host": urlsplit(url).netloc,
        "x-amz-date": stamp,
        "x-amz-target": "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
    }
    if who.token:
        headers["x-amz-security-token"] = who.token
    names = tuple(sorted(headers))
    raw = [(name.encode(), headers[name].encode()) for name in names]
    request = sigv4.SignedRequest("POST", b"/", b"", raw, body)
    digest = sigv4.canonical_request(request, names, hashlib.sha256(body).hexdigest())
    scope = f"{stamp[:8]}/{region}/ecr/{sigv4.TERMINATOR}"
    text = f"{sigv4.ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(digest).hexdigest()}"
    key = sigv4.signing_key(who.secret, stamp[:8], region, "ecr")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    headers["authorization"] = (
        f"{sigv4.ALGORITHM} Credential={who.access_key_id}/{scope}, SignedHeaders={';'.join(names)}, "
        f"Signature={signature}"
    )
    return _post(url, headers, body)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        """A signed request goes where it was meant to go."""


def _post(url: str, headers: Mapping[str, str], body: bytes) -> bytes:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise Refused(f"{url} is no http or https URL")
    request = urllib.request.Request(url.rstrip("/") + "/", body, dict(headers), method="POST")  # noqa: S310
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=SECONDS) as response:
            return bytes(response.read(_MOST))
    except urllib.error.HTTPError as error:
        raise Refused(f"{url} answers {error.code}: {_said(error.read(_MOST))}") from None
    except (OSError, ValueError) as error:
        raise Refused(f"{url} cannot be reached: {error}") from None


def _said(body: bytes) -> str:
    """The message of a refusal, in one line."""
    try:
        document = json.loads(body)
        text = str(document.get("message") or document.get("Message") or document.get("__type") or "")
    except (ValueError, AttributeError):
        text = re.sub(r".*<Message>(.*?)</Message>.*", r"\1", body.decode(errors="replace"), flags=re.DOTALL)
    return " ".join(text.split())[:400]


# --- credentials -----------------------------------------------------------------------------------------------


def credentials(environ: Mapping[str, str]) -> Signer:
    """The credentials of the environment, of a profile, or for a web identity's token. Raises Refused."""
    if environ.get("AWS_ACCESS_KEY_ID") and environ.get("AWS_SECRET_ACCESS_KEY"):
        token = environ.get("AWS_SESSION_TOKEN", "")
        return Signer(environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"], token)
    found = _of_profile(environ)
    if found is not None:
        return found
    if environ.get("AWS_WEB_IDENTITY_TOKEN_FILE") and environ.get("AWS_ROLE_ARN"):
        try:
            token = Path(environ["AWS_WEB_IDENTITY_TOKEN_FILE"]).read_text("ascii").strip()
        except (OSError, ValueError) as error:
            raise Refused(f"AWS_WEB_IDENTITY_TOKEN_FILE cannot be read: {error}") from None
        return web_identity(environ, environ["AWS_ROLE_ARN"], token)
    raise Refused(
        "credentials not found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or "
        "AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN"
    )


def web_identity(environ: Mapping[str, str], role: str, token: str) -> Signer:
    """Credentials of a role for a web identity's token, which goes to no other place than a chosen one."""
    url = environ.get("AWS_ENDPOINT_URL_STS") or environ.get("AWS_ENDPOINT_URL")
    if not url:
        raise Refused("a web identity's token is only sent where AWS_ENDPOINT_URL says: set it")
    form = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": role,
        "RoleSessionName": environ.get("AWS_ROLE_SESSION_NAME") or "entrepot",
        "WebIdentityToken": token,
    }
    answer = _post(url, {"content-type": "application/x-www-form-urlencoded"}, urlencode(form).encode())
    root = ET.fromstring(answer)  # noqa: S314  # of the registry that was chosen, and expat has no external entities
    values = [root.findtext(f".//{_STS}{name}") for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")]
    return Signer(*(value or "" for value in values))


def _of_profile(environ: Mapping[str, str]) -> Signer | None:
    """The key in ~/.aws/credentials or ~/.aws/config, whose names variables may change."""
    values = {name: _setting(environ, name) for name in ("aws_access_key_id", "aws_secret_access_key")}
    if not all(values.values()):
        return None
    token = _setting(environ, "aws_session_token")
    return Signer(values["aws_access_key_id"], values["aws_secret_access_key"], token)


def _setting(environ: Mapping[str, str], name: str) -> str:
    if name == "region" and (environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")):
        return environ.get("AWS_REGION") or environ["AWS_DEFAULT_REGION"]
    profile = environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE") or "default"
    folder = Path(environ.get("HOME") or "/") / ".aws"
    places = [
        (environ.get("AWS_SHARED_CREDENTIALS_FILE") or folder / "credentials", profile),
        (
            environ.get("AWS_CONFIG_FILE") or folder / "config",
            "default" if profile == "default" else f"profile {profile}",
        ),
    ]
    for path, section in places:
        file = configparser.RawConfigParser(default_section="")
        try:
            file.read(path, "utf-8")
        except (configparser.Error, ValueError) as error:
            raise Refused(f"{path} cannot be read: {error}".replace("\n", " ")) from None
        if file.has_option(section, name):
            return file.get(section, name)
    return ""
