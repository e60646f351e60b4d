"""`make chaos` takes long and runs apart: here only that it can be begun, and that each place where it kills is in the code."""

import inspect
import re
from pathlib import Path

import pytest

from config.handlers import HANDLERS
from payments.gateway import balances, charges, disputes, transfers
from tests.chaos import disk, matrix, money, rush, separate, servers, unsold, wire

ROOT = Path(__file__).parents[2]
FUNCTION = re.compile(r"^def ", re.MULTILINE)
STRUCK = re.compile(r"failpoints\.hit(?:_after_commit)?\(\"(\w+)\"\)")

# Each call that moves money at the provider, or decides of it, and the places before and after it. A call before which or
# after which nothing can be killed is one whose crash nobody has tried.
CALLS = {
    "create_intent": ("before_intent", "before_intent_saved"),
    "capture_intent": ("before_capture", "after_capture"),
    "cancel_intent": ("before_void", "after_void"),
    "create_refund": ("before_refund_sent", "after_refund_sent"),
    "create_transfer": ("before_transfer_sent", "after_transfer_sent"),
    "reverse_transfer": ("before_reversal_sent", "after_reversal_sent"),
    "create_payout": ("before_payout_sent", "after_payout_sent"),
    "upload_evidence": ("before_evidence_uploaded", "after_evidence_uploaded"),
    "submit_evidence": ("before_evidence_sent", "after_evidence_sent"),
}
DIRECT = {
    *(point for table in (matrix.PURCHASE, matrix.LATE, matrix.REFUND) for point in table.values()),
    *(point for table in (money.PAYOUT, money.TRANSFER, money.REVERSAL, money.EVIDENCE) for point in table.values()),
    *money.BATCH.values(),
}
SEPARATE = {
    *(*separate.SALE, *separate.TRANSFER, *separate.REFUND, *separate.DISPUTE, *separate.WON, *separate.BATCH),
    *(*separate.PAYOUT, *money.EVIDENCE.values(), *unsold.LATE),
}


def test_every_call_that_moves_money_has_a_place_before_and_after_it_in_both_charge_models():
    """What carries an idempotency key moves money or decides of it."""
    keyed = {
        name
        for module in (charges, transfers, balances, disputes)
        for name, found in inspect.getmembers(module, inspect.isfunction)
        if found.__module__ == module.__name__ and "key" in inspect.signature(found).parameters
    }
    assert keyed == set(CALLS)
    struck = {point for pair in CALLS.values() for point in pair}
    assert struck - DIRECT == set()
    assert struck - SEPARATE == set()


@pytest.mark.parametrize(
    "name", sorted(CALLS.keys() - {"create_intent", "capture_intent"})
)  # their callers have the places
def test_its_places_stand_around_the_call(name):
    """In each function that makes the call, the last place before it and the first after it are its own."""
    pairs = {CALLS[name], ("before_expiry", "after_expiry")} if name == "cancel_intent" else {CALLS[name]}
    files = [file for app in ("platform", "payouts") for file in (ROOT / app).rglob("*.py")]
    calls = [
        (text[: text.rindex(call)], text.partition(call)[2], file)
        for file in files
        if (call := f"gateway.{name}(") in (whole := file.read_text())
        for text in FUNCTION.split(whole)
        if call in text
    ]
    assert calls
    for before, after, file in calls:
        assert (STRUCK.findall(before)[-1], STRUCK.findall(after)[0]) in pairs, file


def test_every_case_has_a_name_of_its_own():
    names = [
        case.name for part in (matrix, money, separate, unsold, servers, rush, disk, wire) for case in part.cases()
    ]
    assert len(names) == len(set(names))


def test_every_place_where_a_process_is_killed_is_in_the_code():
    code = "".join(file.read_text() for app in ("platform", "payouts") for file in (ROOT / app).rglob("*.py"))
    there = {*STRUCK.findall(code), *(f"after_{kind}" for kind in HANDLERS)}
    tables = [matrix.PURCHASE, matrix.RETURN, matrix.LATE, matrix.REFUND]
    tables += [money.PAYOUT, money.RESERVE, money.TRANSFER, money.REVERSAL, money.EVIDENCE, money.BATCH]
    named = {point for table in tables for point in table.values()}
    named.update(separate.SALE, separate.TRANSFER, separate.REFUND, separate.DISPUTE)
    named.update(separate.WON, separate.BATCH, separate.PAYOUT, unsold.LATE, unsold.EXPIRY)
    assert named - there == set()
