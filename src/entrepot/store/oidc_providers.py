"""The table of OpenID Connect providers."""

from __future__ import annotations

import json

from entrepot.domain.oidc_providers import Provider
from entrepot.store.db import Row, Tx

_COLUMNS = "arn, account, url, client_ids, thumbprints, created_at"


def insert(tx: Tx, provider: Provider) -> bool:
    """Whether there was none of that ARN."""
    added = tx.run(
        f"""
        INSERT INTO oidc_providers ({_COLUMNS}) VALUES (:arn, :account, :url, :client_ids, :thumbprints, :created_at)
        ON CONFLICT (arn) DO NOTHING
        """,
        arn=provider.arn,
        account=provider.account,
        url=provider.url,
        client_ids=json.dumps(provider.client_ids),
        thumbprints=json.dumps(provider.thumbprints),
        created_at=provider.created_at,
    )
    return added > 0


def find(tx: Tx, arn: str) -> Provider | None:
    row = tx.one(f"SELECT {_COLUMNS} FROM oidc_providers WHERE arn = :arn", arn=arn)
    return None if row is None else _provider(row)


def of_account(tx: Tx, account: str) -> list[Provider]:
    """Every provider of an account, by ARN; a quota bounds how many there are."""
    rows = tx.all(f"SELECT {_COLUMNS} FROM oidc_providers WHERE account = :account ORDER BY arn", account=account)
    return [_provider(row) for row in rows]


def update(tx: Tx, provider: Provider) -> None:
    """Write the client ids and thumbprints of a provider."""
    tx.run(
        "UPDATE oidc_providers SET client_ids = :client_ids, thumbprints = :thumbprints WHERE arn = :arn",
        arn=provider.arn,
        client_ids=json.dumps(provider.client_ids),
        thumbprints=json.dumps(provider.thumbprints),
    )


def delete(tx: Tx, arn: str) -> bool:
    """Whether there was such a provider."""
    return tx.run("DELETE FROM oidc_providers WHERE arn = :arn", arn=arn) > 0


def _provider(row: Row) -> Provider:
    arn, account, url, client_ids, thumbprints, created_at = row
    return Provider(arn, account, url, tuple(json.loads(client_ids)), tuple(json.loads(thumbprints)), created_at)
