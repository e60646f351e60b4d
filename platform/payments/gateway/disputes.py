"""Disputes, their evidence, and warnings of fraud."""

from io import BytesIO
from typing import Any

from payments.gateway.call import of_account, provider, translated
from payments.gateway.facts import DisputeFacts, FraudWarningFacts, dispute_facts


def fetch_dispute(*, account_id: str, dispute_id: str) -> DisputeFacts:
    """The dispute as it is now."""
    with translated():
        return dispute_facts(provider().v1.disputes.retrieve(dispute_id, options=of_account(account_id)))


def fetch_fraud_warning(*, account_id: str, warning_id: str) -> FraudWarningFacts:
    """The warning as it is now."""
    with translated():
        warning = provider().v1.radar.early_fraud_warnings.retrieve(warning_id, options=of_account(account_id))
    intent = warning.payment_intent
    return FraudWarningFacts(
        id=warning.id,
        intent_id=intent if isinstance(intent, str) else (intent.id if intent else ""),
        kind=warning.fraud_type,
        is_actionable=warning.actionable,
    )


def upload_evidence(*, account_id: str, name: str, content: bytes, key: str) -> str:
    """Hand over a file that evidence may name; its id. The same `key` gives the same one."""
    file = BytesIO(content)
    file.name = name
    with translated():
        made = provider().v1.files.create(
            params={"purpose": "dispute_evidence", "file": file},
            options=of_account(account_id, key=key),
        )
    return made.id


def submit_evidence(*, account_id: str, dispute_id: str, evidence: dict[str, str], key: str) -> DisputeFacts:
    """Answer a dispute, once and for good: `evidence` is texts, and ids of files, by Stripe's names for them."""
    with translated():
        params: Any = {"evidence": evidence, "submit": True}
        return dispute_facts(
            provider().v1.disputes.update(dispute_id, params=params, options=of_account(account_id, key=key))
        )
