"""Split plans and what is shared out by them. The arithmetic is `ledger.split_rules`; here are its versions and its books."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum

from audit.actions import Actor, record
from ledger.actions import Amounts, Kind, post
from ledger.errors import SplitPlanInvalid
from ledger.models import LedgerEntry, Owed, Party, SplitLine, SplitPlan, SplitVersion
from ledger.queries import sum_of
from ledger.split_rules import ORGANIZER, Payee, Rules
from tenants.current import lock_until_commit


def split_version_of(subject: str) -> SplitVersion | None:
    """The version in force of what `subject` names (an event's id as text), if its earnings are shared at all."""
    return SplitVersion.objects.filter(plan__subject=subject).order_by("-number").first()


@transaction.atomic
def set_split_plan(*, subject: str, currency: str, rules: Rules, actor: Actor) -> SplitVersion | None:
    """A new version of a plan, for what is sold from now on; it goes on from what was earned. None if nothing changes.

    What was sold under an older version stays shared by that one. Raises SplitPlanInvalid.
    """
    if problem := rules.problem():
        raise SplitPlanInvalid(problem=problem)
    if not rules.steps and split_version_of(subject) is None:
        return None
    made, _is_new = SplitPlan.objects.get_or_create(subject=subject, defaults={"currency": currency})
    plan = SplitPlan.objects.select_for_update().get(pk=made.pk)
    if plan.currency != currency:
        raise SplitPlanInvalid(problem="currency")
    last = split_version_of(subject)
    if last is not None and Rules.from_dict(last.rules) == rules:
        return None
    version = SplitVersion.objects.create(
        plan=plan,
        number=last.number + 1 if last else 1,
        rules=rules.as_dict(),
        base=max(0, earned(last)) if last else 0,
        base_tickets=max(0, counted(last)) if last else 0,
        created_by=str(actor),
    )
    record(verb="set_split_plan", target=plan, actor=actor, detail={"version": version.number, "rules": version.rules})
    return version


def earned(version: SplitVersion) -> int:
    """Where its waterfall stands, minor units: its base and all that was sold under it, less what went back."""
    last = version.lines.order_by("-pk").first()
    return last.before + last.amount if last else version.base


def counted(version: SplitVersion) -> int:
    """How many tickets count for it: its base and what was sold under it, less what was cancelled or charged back."""
    last = version.lines.order_by("-pk").first()
    return last.tickets_before + last.tickets if last else version.base_tickets


def tickets_of(keys: Iterable[str]) -> int:
    """How many tickets count by the lines of these ledger transactions."""
    return SplitLine.objects.filter(key__in=list(keys)).aggregate(sum=Sum("tickets"))["sum"] or 0


def lock_plan(version: SplitVersion) -> SplitPlan:
    """The version's plan, its row locked until the transaction ends: nothing else is shared out by it meanwhile."""
    return SplitPlan.objects.select_for_update().get(pk=version.plan_id)


def share_out(*, version: SplitVersion, key: str, amount: int, tickets: int = 0) -> SplitLine | None:
    """Share what the ledger transaction `key` earned (minor units; negative: what went back), in that transaction; since it
    `tickets` more count, or fewer.

    The parties' parts are posted as `shares:<key>`. None when that was done before, or nothing moved.
    """
    if amount == 0 and tickets == 0:
        return None
    if not connection.in_atomic_block:
        raise RuntimeError(f"{key} is shared out outside a transaction")
    plan = lock_plan(version)
    if SplitLine.objects.filter(key=key).exists():
        return None
    before, tickets_before = earned(version), counted(version)
    rules = Rules.from_dict(version.rules)
    had = rules.parts(max(0, before), tickets_before)
    has = rules.parts(max(0, before + amount), tickets_before + tickets)
    parts = {payee: has[payee] - had[payee] for payee in has if payee != ORGANIZER}
    rest = amount - sum(parts.values())  # below nothing, where more went back than came in, it is all the organizer's
    line = SplitLine.objects.create(
        version=version,
        key=key,
        amount=amount,
        before=before,
        tickets=tickets,
        tickets_before=tickets_before,
        parts=[
            {"party": payee.party.value, "reference": payee.reference, "amount": part}
            for payee, part in {**parts, ORGANIZER: rest}.items()
        ],
    )
    amounts = owed(parts, plan.currency)
    if amounts:
        shared: Amounts = {**amounts, Kind.SHARES: -sum(amounts.values())}
        post(key=f"shares:{key}", currency=plan.currency, amounts=shared)
    return line


def owed(parts: Mapping[Payee, int], currency: str) -> dict[Any, int]:
    """What the parties' accounts get when each is due its part (negative: must give it back), for `post`.

    What comes first pays what the party owes; what must go back and is not there any more is owed from then on. Each party's
    accounts are locked until the transaction ends.
    """
    lock_parties(parts, currency)
    amounts: dict[Any, int] = {}
    for payee, part in parts.items():
        standing = _standing(payee, currency, Kind.RECEIVABLE if part > 0 else Kind.PAYABLE)
        first = min(part, standing) if part > 0 else max(part, standing)
        kinds = (Kind.RECEIVABLE, Kind.PAYABLE) if part > 0 else (Kind.PAYABLE, Kind.RECEIVABLE)
        for kind, value in zip(kinds, (first, part - first), strict=True):
            if value:
                amounts[Owed(kind, payee.party, payee.reference)] = -value
    return amounts


def owing(key: str) -> list[Payee]:
    """Who owes more since what was posted under `key`."""
    entries = LedgerEntry.objects.filter(transaction__key=key, account__kind=Kind.RECEIVABLE, amount__gt=0)
    return [Payee(Party(entry.account.party), entry.account.reference) for entry in entries.select_related("account")]


def payable(payee: Payee, currency: str) -> int:
    """What a party is owed, minor units."""
    return -_standing(payee, currency, Kind.PAYABLE)


def receivable(payee: Payee, currency: str) -> int:
    """What a party owes, minor units."""
    return _standing(payee, currency, Kind.RECEIVABLE)


def _standing(payee: Payee, currency: str, kind: Kind) -> int:
    """The sum of one of a party's accounts: a receivable is positive, a payable negative."""
    entries = LedgerEntry.objects.filter(
        account__kind=kind, account__currency=currency, account__party=payee.party, account__reference=payee.reference
    )
    return sum_of(entries)


def lock_parties(payees: Iterable[Payee], currency: str) -> None:
    """Let nobody else book what these parties are owed or owe until the transaction ends."""
    names = (f"{payee.party.value}:{payee.reference}" for payee in payees if payee != ORGANIZER)
    lock_until_commit(*(f"owed:{currency}:{name}" for name in names))


def off_plan() -> list[list[Any]]:
    """Versions whose parties did not get, over all their lines, what the rules say of what was earned: there must be none."""
    found: list[list[Any]] = []
    for version in SplitVersion.objects.order_by("pk"):
        sums: dict[Payee, int] = {}
        for parts in version.lines.values_list("parts", flat=True).iterator():
            for part in parts:
                payee = Payee(Party(part["party"]), part["reference"])
                sums[payee] = sums.get(payee, 0) + part["amount"]
        rules = Rules.from_dict(version.rules)
        had = rules.parts(version.base, version.base_tickets)
        has = rules.parts(max(0, earned(version)), counted(version))
        for payee in rules.payees():
            due = has[payee] - had[payee]
            if payee != ORGANIZER and sums.get(payee, 0) != due:
                found.append([version.pk, f"{payee.party}:{payee.reference}", due, sums.get(payee, 0)])
    return found
