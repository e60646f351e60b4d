"""`make chaos` takes long and runs apart: here only that it can be begun, and that each place where it kills is in the code."""

import re
from pathlib import Path

from config.handlers import HANDLERS
from tests.chaos import disk, matrix, money, rush, separate, servers, wire

ROOT = Path(__file__).parents[2]
STRUCK = re.compile(r"failpoints\.hit(?:_after_commit)?\(\"(\w+)\"\)")


def test_every_case_has_a_name_of_its_own():
    names = [case.name for part in (matrix, money, separate, servers, rush, disk, wire) for case in part.cases()]
    assert len(names) == len(set(names))


def test_every_place_where_a_process_is_killed_is_in_the_code():
    code = "".join(file.read_text() for app in ("platform", "payouts") for file in (ROOT / app).rglob("*.py"))
    there = {*STRUCK.findall(code), *(f"after_{kind}" for kind in HANDLERS)}
    tables = [matrix.PURCHASE, matrix.RETURN, matrix.LATE, matrix.REFUND]
    tables += [money.PAYOUT, money.RESERVE, money.TRANSFER, money.REVERSAL, money.EVIDENCE, money.BATCH]
    named = {point for table in tables for point in table.values()}
    named.update(separate.SALE, separate.TRANSFER, separate.REFUND, separate.DISPUTE)
    assert named - there == set()
