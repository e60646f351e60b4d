"""Split plans and what is shared out by them. The arithmetic is `ledger.split_rules`; here are its versions and its books."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Sum

from audit.actions import Actor, record
from ledger.actions import Amounts, Kind, post
from ledger.errors import SplitPlanInvalid
from ledger.models import LedgerEntry, Owed, Party, SplitLine, SplitPlan, SplitVersion
from ledger.queries import sum_of
from ledger.split_rules import ORGANIZER, Payee, Rules, Working
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
        base=max(0, stands(last).top) if last else 0,
        base_tickets=max(0, stands(last).tickets) if last else 0,
        created_by=str(actor),
    )
    record(verb="set_split_plan", target=plan, actor=actor, detail={"version": version.number, "rules": version.rules})
    return version


class Stands(NamedTuple):
    """Where a version's waterfall stands: what it goes on from, and that with all that was sold under it less what went back;
    minor units, and how many tickets count."""

    base: int
    top: int
    base_tickets: int
    tickets: int

    def parts(self, rules: Rules) -> dict[Payee, int]:
        """What is whose of what was earned between the two, the organizer left out, who gets the rest."""
        had, has = rules.parts(self.base, self.base_tickets), rules.parts(max(0, self.top), self.tickets)
        return {payee: has[payee] - had[payee] for payee in has if payee != ORGANIZER}

    def workings(self, rules: Rules) -> list[tuple[Working, int]]:
        """Share by share, how the whole comes about, and what of it is from between the two."""
        had, has = rules.workings(self.base, self.base_tickets), rules.workings(max(0, self.top), self.tickets)
        return [(now, now.part - was.part) for was, now in zip(had, has, strict=True)]


def stands(version: SplitVersion) -> Stands:
    """Where its waterfall stands now."""
    last = version.lines.order_by("-pk").first()
    if last is not None:
        base = version.base if last.base is None else last.base
        base_tickets = version.base_tickets if last.base_tickets is None else last.base_tickets
        return Stands(base, last.before + last.amount, base_tickets, last.tickets_before + last.tickets)
    older = SplitVersion.objects.filter(plan=version.plan_id, number__lt=version.number).order_by("-number").first()
    if older is None:
        return Stands(version.base, version.base, version.base_tickets, version.base_tickets)
    below = stands(older)
    base, base_tickets = max(0, below.top), max(0, below.tickets)
    return Stands(base, base, base_tickets, base_tickets)


def rest(version: SplitVersion) -> int:
    """What of all that was sold under it is the organizer's, before any commission."""
    where = stands(version)
    return where.top - where.base - sum(where.parts(Rules.from_dict(version.rules)).values())


def earned(version: SplitVersion) -> int:
    """Where its waterfall stands, minor units: its base and all that was sold under it, less what went back."""
    return stands(version).top


def counted(version: SplitVersion) -> int:
    """How many tickets count for it: its base's and what was sold under it, less what was cancelled or charged back."""
    return stands(version).tickets


class Move(NamedTuple):
    """How a version moves: `change` is whose what is since, what one loses another gets."""

    version: SplitVersion
    was: Stands
    now: Stands
    change: dict[Payee, int]


def moves(version: SplitVersion, amount: int, tickets: int) -> list[Move]:
    """What sharing out `amount` and `tickets` by a version moves: that one, and each later one, which goes on from where the one
    before it stands."""
    was, found = stands(version), list[Move]()
    now = was._replace(top=was.top + amount, tickets=was.tickets + tickets)
    for one in [version, *_later(version)]:
        if found:
            was, below = stands(one), found[-1].now
            base, base_tickets = max(0, below.top), max(0, below.tickets)
            up, more = base - was.base, base_tickets - was.base_tickets
            now = Stands(base, was.top + up, base_tickets, was.tickets + more)
        rules = Rules.from_dict(one.rules)
        had, has = was.parts(rules), now.parts(rules)
        found.append(Move(one, was, now, {payee: has[payee] - had[payee] for payee in has}))
    return found


def _later(version: SplitVersion) -> list[SplitVersion]:
    return list(SplitVersion.objects.filter(plan=version.plan_id, number__gt=version.number).order_by("number"))


def payees_from(version: SplitVersion) -> list[Payee]:
    """Everybody whose part something shared out by this version may move: its own parties, and those of later ones."""
    return [payee for one in (version, *_later(version)) for payee in Rules.from_dict(one.rules).payees()]


def keys_moved(version: SplitVersion, key: str) -> list[str]:
    """The keys of all lines that there may be of what `key` earned under a version: its own, and one of each later version."""
    return [key, *(_rebase_key(key, one) for one in _later(version))]


def _rebase_key(key: str, version: SplitVersion) -> str:
    return f"rebase:{key}:{version.number}"


def tickets_of(keys: Iterable[str]) -> int:
    """How many tickets count by the lines of these ledger transactions."""
    return SplitLine.objects.filter(key__in=list(keys)).aggregate(sum=Sum("tickets"))["sum"] or 0


def lock_plan(version: SplitVersion) -> SplitPlan:
    """The version's plan, its row locked until the transaction ends: nothing else is shared out by it meanwhile."""
    return SplitPlan.objects.select_for_update().get(pk=version.plan_id)


def share_out(*, version: SplitVersion, key: str, amount: int, tickets: int = 0) -> SplitLine | None:
    """Share what the ledger transaction `key` earned (minor units; negative: what went back), in that transaction; since it
    `tickets` more count, or fewer.

    The parties' parts are posted as `shares:<key>`. Later versions go on from what is there then: of theirs the same is posted
    under keys of their own (`keys_moved`). None when that was done before, or nothing moved.
    """
    if amount == 0 and tickets == 0:
        return None
    if not connection.in_atomic_block:
        raise RuntimeError(f"{key} is shared out outside a transaction")
    plan = lock_plan(version)
    if SplitLine.objects.filter(key=key).exists():
        return None
    lock_parties(payees_from(version), plan.currency)  # all at once, so that two never wait crosswise
    own, *others = moves(version, amount, tickets)
    before = {"before": own.was.top, "tickets_before": own.was.tickets}
    line = _write(key, own, plan.currency, amount=amount, tickets=tickets, **before)
    for other in others:
        if other.was != other.now and other.version.lines.exists():
            _write(
                _rebase_key(key, other.version),
                other,
                plan.currency,
                before=other.now.top,
                tickets_before=other.now.tickets,
                base_moved=other.now.base - other.was.base,
                base_tickets_moved=other.now.base_tickets - other.was.base_tickets,
            )
    return line


def _write(key: str, move: Move, currency: str, *, amount: int = 0, **numbers: int) -> SplitLine:
    """The line of a move, and its posting."""
    # below nothing, where more went back than came in, the rest is all the organizer's
    parts = {**move.change, ORGANIZER: amount - sum(move.change.values())}
    line = SplitLine.objects.create(
        version=move.version,
        key=key,
        amount=amount,
        base=move.now.base,
        base_tickets=move.now.base_tickets,
        parts=[
            {"party": payee.party.value, "reference": payee.reference, "amount": part} for payee, part in parts.items()
        ],
        **numbers,
    )
    amounts = owed(move.change, currency)
    if amounts:
        shared: Amounts = {**amounts, Kind.SHARES: -sum(amounts.values())}
        post(key=f"shares:{key}", currency=currency, amounts=shared)
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
    """Versions whose parties did not get, over all their lines, what the rules say of what was earned, or which do not go on from
    where the one before them stands: there must be none."""
    found: list[list[Any]] = []
    below: dict[Any, Stands] = {}  # by plan
    for version in SplitVersion.objects.order_by("plan", "number"):
        sums: dict[Payee, int] = {}
        for parts in version.lines.values_list("parts", flat=True).iterator():
            for part in parts:
                payee = Payee(Party(part["party"]), part["reference"])
                sums[payee] = sums.get(payee, 0) + part["amount"]
        where = stands(version)
        if version.plan_id in below:
            older = below[version.plan_id]
            due = [max(0, older.top), max(0, older.tickets)]
            if due != [where.base, where.base_tickets]:
                found.append([version.pk, "base", due, [where.base, where.base_tickets]])
        below[version.plan_id] = where
        for payee, part in where.parts(Rules.from_dict(version.rules)).items():
            if sums.get(payee, 0) != part:
                found.append([version.pk, f"{payee.party}:{payee.reference}", part, sums.get(payee, 0)])
    return found
