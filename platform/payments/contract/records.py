"""Checks of recorded requests and answers.

A record is a mapping with `method`, `path` (a full URL or one with a query is fine), optional `headers`, `body` (as sent)
and optional `response` with `status` and `body`. `RecordingClient` writes such records.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from payments.contract.document import load_contract
from payments.contract.rules import broken_rules
from payments.contract.validate import Contract, Operation, Violation, tree_from_pairs

Record = Mapping[str, Any]


def check_request(record: Record, contract: Contract | None = None) -> list[Violation]:
    """What is wrong with a recorded request; an empty list when Stripe would take it.

    It cannot know about state: whether an id exists, or a payment is in a status that allows the call.
    """
    contract = contract or load_contract()
    method, path, query = _target(record)
    operation = contract.find(method, path)
    if operation is None:
        known = contract.knows_path(path)
        return [Violation("path", f"{method.upper()} is not allowed on {path}" if known else f"no such path: {path}")]
    headers = _headers(record)
    found = check_headers(contract, operation, headers)
    body = record.get("body") or ""
    if operation.content_type == "application/json":
        return found + contract.check_json(operation.request, json.loads(body) if body else {})
    if operation.content_type == "multipart/form-data":
        return found  # a file's bytes: only the path and the headers can be checked
    pairs = parse_qsl(query, keep_blank_values=True) + parse_qsl(body, keep_blank_values=True)
    tree, malformed = tree_from_pairs(pairs)
    params, violations = contract.decode(operation.request, tree)
    return found + malformed + violations + broken_rules(method, operation.template, params, headers)


def check_response(record: Record, contract: Contract | None = None) -> list[Violation]:
    """What is wrong with a recorded answer, success or error."""
    contract = contract or load_contract()
    method, path, _ = _target(record)
    operation = contract.find(method, path)
    response = record.get("response")
    if operation is None or response is None:
        return []
    if int(response["status"]) >= 400:
        return contract.check_json({"$ref": "#/components/schemas/error"}, response["body"])
    return contract.check_json(operation.response, response["body"]) if operation.response else []


def check_headers(contract: Contract, operation: Operation, headers: Mapping[str, str]) -> list[Violation]:
    """What is wrong with a request's headers (names in lower case)."""
    found = []
    version = headers.get("stripe-version")
    if version and version != contract.version:
        found.append(Violation("Stripe-Version", f"is {version}, the contract is for {contract.version}"))
    account = headers.get("stripe-account")
    if account is not None and not re.fullmatch(r"acct_\w+", account):
        found.append(Violation("Stripe-Account", f"is not an account id: {account!r}"))
    key = headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= 255:
        found.append(Violation("Idempotency-Key", "must have 1 to 255 characters"))
    if re.search(r"\b[sr]k_live_", headers.get("authorization", "")):
        found.append(Violation("Authorization", "a live key was recorded"))
    sent = headers.get("content-type", "").split(";")[0].strip().lower()
    if operation.method == "post" and sent and sent != operation.content_type:
        found.append(Violation("Content-Type", f"is {sent}, must be {operation.content_type}"))
    return found


def _target(record: Record) -> tuple[str, str, str]:
    url = urlsplit(str(record["path"]))
    return str(record["method"]).lower(), unquote(url.path).rstrip("/") or "/", url.query


def _headers(record: Record) -> dict[str, str]:
    return {str(k).lower(): str(v) for k, v in (record.get("headers") or {}).items() if v is not None}
