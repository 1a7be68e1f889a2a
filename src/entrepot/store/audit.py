"""The table of the audit trail."""

from __future__ import annotations

import json
from collections.abc import Sequence

from entrepot.domain.audit import Record
from entrepot.store.db import Tx

_INSERT = """
    INSERT INTO audit
        (account, region, created_at, action, principal, access_key_id, source_ip, user_agent, request_id, resource,
         parameters, error)
    VALUES (:account, :region, :created_at, :action, :principal, :access_key_id, :source_ip, :user_agent, :request_id,
        :resource, :parameters, :error)
"""


def insert(tx: Tx, record: Record) -> None:
    tx.run(_INSERT, **_row(record))


def insert_all(tx: Tx, records: Sequence[Record]) -> None:
    tx.many(_INSERT, map(_row, records))


def _row(record: Record) -> dict[str, object]:
    caller = record.caller
    return {
        "account": caller.principal.account,
        "region": caller.region,
        "created_at": record.at,
        "action": caller.action,
        "principal": caller.principal.arn,
        "access_key_id": caller.principal.access_key_id,
        "source_ip": caller.source_ip,
        "user_agent": caller.user_agent,
        "request_id": caller.request_id,
        "resource": record.resource,
        "parameters": json.dumps(record.parameters),
        "error": record.error,
    }


def trim(tx: Tx, before: int, limit: int) -> int:
    """Forget up to `limit` records older than `before`; how many there were."""
    return tx.run(
        """
        DELETE FROM audit WHERE id IN
            (SELECT id FROM audit WHERE created_at < :before ORDER BY created_at LIMIT :limit)
        """,
        before=before,
        limit=limit,
    )
