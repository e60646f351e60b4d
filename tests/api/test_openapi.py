"""The OpenAPI document: what it promises, and that it is the one on file.

After a wanted change:  WRITE_OPENAPI=1 pytest tests/api/test_openapi.py  writes tests/api/openapi.json again; read its
difference before you commit it.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests import world
from tests.api.caller import Api, given

ON_FILE = Path(__file__).with_name("openapi.json")
OPERATIONS = {
    "list_events",
    "get_event",
    "get_stock",
    "get_seats",
    "find_best_seats",
    "create_hold",
    "get_hold",
    "release_hold",
    "create_order",
    "get_order",
    "list_order_tickets",
    "create_sign_in",
    "create_buyer_session",
    "end_buyer_session",
    "get_account",
    "list_account_orders",
    "list_saved_cards",
    "remove_saved_card",
    "create_scan",
    "list_scans",
    "list_seat_maps",
    "get_seat_map",
    "import_seat_map",
    "export_seat_map",
    "compile_seat_map",
    "list_codes",
    "get_code",
    "add_code",
    "change_code",
    "end_code",
    "add_code_batch",
}
# Refusals that any operation may answer with: the edge (404, 403, 503), a fault (500), no lock in time (503).
ALWAYS = {"403", "404", "500", "503"}
WITH_BODY = {"400", "413", "415", "422"}


def document() -> dict[str, Any]:
    """The document as it is now."""
    from config.api import api

    made: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema()))
    return made


def operations() -> dict[str, dict[str, Any]]:
    return {op["operationId"]: op for path in document()["paths"].values() for op in path.values()}


def test_the_document_is_served_and_is_the_one_on_file(northside: world.House, api: Api) -> None:
    served = given(api.get("/openapi.json"))
    if os.environ.get("WRITE_OPENAPI"):
        ON_FILE.write_text(json.dumps(served, indent=2, ensure_ascii=False) + "\n")

    assert served == json.loads(ON_FILE.read_text()), "WRITE_OPENAPI=1 writes it anew"


def test_every_operation_has_its_promised_name() -> None:
    assert operations().keys() >= OPERATIONS


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_documents_every_status_it_can_answer_with(name: str) -> None:
    operation = operations()[name]
    responses = operation["responses"]
    needed = set(ALWAYS)
    needed |= WITH_BODY if "requestBody" in operation else set()
    needed |= {"401"} if "security" in operation else set()
    needed |= {"422"} if operation.get("parameters") else set()
    needed |= {"409"} if name in {"create_hold", "create_order", "release_hold", "create_scan"} else set()

    assert needed <= responses.keys()
    assert [status for status in responses if status < "300"], "no good answer at all"


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_refusal_is_documented_as_a_problem(name: str) -> None:
    for status, response in operations()[name]["responses"].items():
        if status == "204":
            assert "content" not in response or not response["content"]
        elif status < "300":
            kind = "application/octet-stream" if name == "get_seats" else "application/json"
            assert list(response["content"]) == [kind]
        else:
            problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
            assert response["content"] == problem, status


def test_keys_are_accepted_on_every_post_and_required_for_holds_and_orders() -> None:
    required = {}
    for path in document()["paths"].values():
        for method, operation in path.items():
            if method == "post":
                (header,) = (p for p in operation["parameters"] if p["name"] == "Idempotency-Key")
                required[operation["operationId"]] = header["required"]

    assert required == {
        "create_hold": True,
        "create_order": True,
        "create_sign_in": False,
        "create_buyer_session": False,
        "create_scan": False,
        "import_seat_map": False,  # a map more does no harm
        "compile_seat_map": False,
        "add_code": False,  # the same word cannot be made twice
        "add_code_batch": False,
        "find_best_seats": False,  # only shows them with "hold": false
    }


def test_tokens_are_bearer_tokens_and_only_looking_holding_and_signing_in_need_none() -> None:
    schemes = document()["components"]["securitySchemes"]
    open_ones = {name for name, operation in operations().items() if "security" not in operation}

    assert {(scheme["type"], scheme["scheme"]) for scheme in schemes.values()} == {("http", "bearer")}
    looking = {"list_events", "get_event", "get_stock", "get_seats", "find_best_seats", "create_hold"}
    assert open_ones == looking | {"create_sign_in", "create_buyer_session"}


def test_what_is_sent_in_is_closed_against_unknown_members() -> None:
    schemas = document()["components"]["schemas"]

    for name in (
        "HoldIn",
        "HoldItemIn",
        "BestSeatsIn",
        "NeedsIn",
        "OrderIn",
        "BuyerIn",
        "ScanIn",
        "MapPlanIn",
        "SignInIn",
        "CodeIn",
        "PromoCodeIn",
        "PromoCodeChangeIn",
        "CodeBatchIn",
        "CodeStopIn",
    ):
        assert schemas[name]["additionalProperties"] is False, name
