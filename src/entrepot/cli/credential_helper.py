"""`docker-credential-entrepot`: docker's credential helper protocol, so that docker, podman and skopeo log in alone."""

import json
import os
import sys
from collections.abc import Mapping

from entrepot import __version__
from entrepot.cli import calls

NOT_FOUND = "credentials not found in native keychain"
"""The text by which docker knows that a helper has nothing for a host."""

_USAGE = "Usage: docker-credential-entrepot get|store|erase|list|version"
_LIMIT = 64 * 1024


def main() -> None:
    """What the console script runs."""
    sys.exit(
        run(sys.argv[1:], sys.stdin.read(_LIMIT) if sys.argv[1:] in (["get"], ["store"], ["erase"]) else "", os.environ)
    )


def run(arguments: list[str], given: str, environ: Mapping[str, str]) -> int:
    """Do one of the protocol's verbs; return 0, or 1 with the reason on standard output, where docker looks for it."""
    match arguments:
        case ["get"]:
            return _get(host_of(given), environ)
        case ["erase"]:
            return 0  # nothing is kept
        case ["list"]:
            sys.stdout.write("{}\n")
            return 0
        case ["store"]:
            sys.stdout.write("docker-credential-entrepot keeps nothing: it takes the credentials of AWS_… variables\n")
            return 1
        case ["version"]:
            sys.stdout.write(f"docker-credential-entrepot {__version__}\n")
            return 0
    sys.stderr.write(_USAGE + "\n")
    return 1


def host_of(given: str) -> str:
    """The host of what docker names: a host, or a URL of one."""
    return given.strip().removeprefix("https://").removeprefix("http://").partition("/")[0]


def _get(host: str, environ: Mapping[str, str]) -> int:
    try:
        found = calls.login(host, environ) if host else None
    except calls.Refused as error:
        sys.stderr.write(f"docker-credential-entrepot: {error}\n")
        found = None
    if found is None:
        sys.stdout.write(NOT_FOUND + "\n")
        return 1
    sys.stdout.write(json.dumps({"ServerURL": host, "Username": found.username, "Secret": found.password}) + "\n")
    return 0
