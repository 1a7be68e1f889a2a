"""What this installation calls itself: repository URIs, proxy endpoints, download URLs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Naming:
    """`registry_host` is a template with `{account}` and `{region}`, without scheme; `url` is this server's own URL."""

    registry_host: str
    scheme: str
    account: str
    region: str

    def host(self, account: str, region: str) -> str:
        return self.registry_host.replace("{account}", account).replace("{region}", region)

    def endpoint(self, account: str, region: str) -> str:
        """What GetAuthorizationToken names as proxyEndpoint."""
        return f"{self.scheme}://{self.host(account, region)}"

    def repository_uri(self, account: str, region: str, name: str) -> str:
        return f"{self.host(account, region)}/{name}"
