"""The table of the audit trail."""

from __future__ import annotations

import json

from entrepot.domain.audit import Record
from entrepot.store.db import Tx


def insert(tx: Tx, record: Record) -> None:
    tx.run(
        """
        INSERT INTO audit
            (account, region, created_at, action, principal, access_key_id, source_ip, user_agent, request_id,
             resource, parameters, error)
        VALUES (:account, :region, :created_at, :action, :principal, :access_key_id, :source_ip, :user_agent,
            :request_id, :resource, :parameters, :error)
        """,
        account=record.caller.principal.account,
        region=record.caller.region,
        created_at=record.at,
        action=record.caller.action,
        principal=record.caller.principal.arn,
        access_key_id=record.caller.principal.access_key_id,
        source_ip=record.caller.source_ip,
        user_agent=record.caller.user_agent,
        request_id=record.caller.request_id,
        resource=record.resource,
        parameters=json.dumps(record.parameters),
        error=record.error,
    )


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
