"""PolicyExecutionEvent and DryRunEvent: what ECR puts on record when a lifecycle policy is applied or tried."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from entrepot.domain import events
from entrepot.domain.images import TAGS_MAX
from entrepot.domain.lifecycle import Decision, Policy, Rule, Why
from entrepot.domain.principals import service
from entrepot.domain.repositories import Repository
from entrepot.registry import audit, repositories
from entrepot.store import outbox
from entrepot.store.db import Tx
from entrepot.store.lifecycle import Stored

POLICY_EXECUTION, DRY_RUN = "PolicyExecutionEvent", "DryRunEvent"
IMAGES_PER_EVENT = 9  # ten or more are several events (ECR user guide, "Logging with CloudTrail")
TAGS_PER_IMAGE = min(100, TAGS_MAX)

_COUNTS = {
    "imageCountMoreThan": "Image count more than",
    "sinceImagePushed": "Since image pushed",
    "sinceImagePulled": "Since image pulled",
    "sinceImageTransitioned": "Since image transitioned",
}


def record(
    tx: Tx, repository: Repository, name: str, policy: Policy, stored: Stored, decisions: Sequence[Decision], now: int
) -> None:
    """Put what was decided about images on record: in the audit trail and in the outbox, nine images an event."""
    shown = _policy(policy, stored)
    for start in range(0, len(decisions), IMAGES_PER_EVENT):
        part = decisions[start : start + IMAGES_PER_EVENT]
        details = {
            "repositoryName": repository.name,
            "lifecycleEventPolicy": shown,
            "lifecycleEventImageActions": [_action(decision) for decision in part if decision.action],
            "lifecycleEventFailureDetails": list(_failures(part)),
        }
        event_id = str(uuid.uuid4())
        caller = replace(service(repository.account, repository.region, f"ecr:{name}"), request_id=event_id)
        audit.changed(tx, caller, now, repositories.arn(repository), **details)
        told = events.service_event(
            name, repository.account, repository.region, now, event_id, repository.name, details
        )
        outbox.insert(tx, repository.registry, now, events.SERVICE_EVENT, told)


def _policy(policy: Policy, stored: Stored) -> dict[str, object]:
    return {
        "lifecycleEventRules": [_rule(rule) for rule in policy.rules],
        "lastEvaluatedAt": stored.evaluated_at // 1000,
        "policyVersion": stored.version,
        "policyId": stored.policy_id,
    }


def _rule(rule: Rule) -> dict[str, object]:
    selection: dict[str, object] = {
        "tagStatus": rule.tag_status.capitalize(),
        "tagPrefixList": list(rule.prefixes),
        "countType": _COUNTS[rule.count_type],
        "countNumber": rule.count,
    }
    if rule.patterns:
        selection["tagPatternList"] = list(rule.patterns)
    if rule.storage_class != "standard":
        selection["storageClass"] = rule.storage_class
    return {
        "rulePriority": rule.priority,
        "description": rule.description,
        "lifecycleEventSelection": selection,
        "action": rule.action.lower(),
    }


def _image(decision: Decision) -> dict[str, object]:
    image = decision.image
    return {
        "digest": image.digest,
        "tagStatus": "Tagged" if image.tags else "Untagged",
        "tagList": list(image.tags[:TAGS_PER_IMAGE]),
        "pushedAt": image.pushed_at // 1000,
    }


def _action(decision: Decision) -> dict[str, object]:
    return {"lifecycleEventImage": _image(decision), "rulePriority": _priority(decision)}


def _failures(decisions: Sequence[Decision]) -> Iterator[Mapping[str, object]]:
    for decision in decisions:
        if decision.why == Why.REFERENCED:
            code = "ImageReferencedByManifestList"
            reason = f"Requested image referenced by manifest list: [{', '.join(decision.by)}]"
        elif decision.why == Why.PROTECTED:
            code, reason = "ImageProtected", decision.image.protected
        else:
            continue
        yield {
            "lifecycleEventImage": _image(decision),
            "rulePriority": _priority(decision),
            "failureCode": code,
            "failureReason": reason,
        }


def _priority(decision: Decision) -> int:
    return decision.rule.priority if decision.rule else 0
