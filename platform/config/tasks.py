"""The tasks that run verbs: thin, idempotent, ids in."""

import logging
from contextlib import suppress

from django.db import connection
from django.utils import timezone
from django_tenants.utils import get_public_schema_name, schema_context
from kombu.exceptions import OperationalError

from analytics.actions import prove_all_stock, prove_changed_stock
from audit.actions import SYSTEM
from checkout import actions as checkout
from checkout.commissions import run_approvals
from checkout.disputes import ask_about_disputes
from checkout.recovery import send_due
from checkout.visits import forget_visits
from checkout.waiting import serve_all
from console.platform_money import check_platform_money
from idempotency.actions import forget_old_keys
from inbox.actions import process_due_events
from inventory.blocks import release_due_blocks
from marketplace.actions import renew_listings
from marketplace.queries import organizers_to_renew
from outbox.actions import drain
from payments.actions import look_after_account
from payments.errors import NotConnected
from payouts.runs import run_payouts
from payouts.transfers import run_transfers
from people.sign_in import forget_sign_ins
from reconciliation.actions import request_check, work_on_check
from reconciliation.errors import CheckUnderWay
from recovery.actions import forget_reminders
from repricing.actions import reprice
from tenants.current import current_organizer, current_schema
from tenants.models import Organizer
from tenants.queries import organizer_schemas
from tenants.tasks import fan_out, public_task, tenant_task
from waitlist.actions import forget_entries
from waitlist.queries import schemas_to_serve

logger = logging.getLogger(__name__)


# Messages or events per task: in between the worker looks for something more urgent than the next mail, and lets people in.
AT_A_TIME = 10


@tenant_task(name="outbox.drain")
def drain_outbox() -> int:
    """Do what this organizer's outbox says is due, some of it now and the rest right after."""
    return _drain_some()


@public_task(name="outbox.drain_platform")
def drain_platform_outbox() -> int:
    """Do what the platform's own outbox says is due."""
    return _drain_some()


def _drain_some() -> int:
    done = drain(limit=AT_A_TIME)
    if done == AT_A_TIME:
        wake_outbox(current_schema())
    return done


def wake_outbox(schema: str, *, after_seconds: float = 0) -> None:
    """Send a drain for `schema`, to be done then. A broker that is away costs seconds, not the message: the clock sends another."""
    try:
        if schema == get_public_schema_name():
            drain_platform_outbox.apply_async(countdown=after_seconds or None)
        else:
            with schema_context(schema):
                drain_outbox.apply_async(countdown=after_seconds or None, retry=False)
    except OperationalError:
        logger.warning("the broker is away; the outbox of %s waits for the clock", schema)


@public_task(name="outbox.sweep")
def sweep_outboxes() -> int:
    """Wake every outbox in which something is due: what a crash or a lost message left behind."""
    due = _schemas_with_due_messages([get_public_schema_name(), *organizer_schemas()])
    for schema in due:
        wake_outbox(schema)
    return len(due)


def _schemas_with_due_messages(schemas: list[str]) -> list[str]:
    return _schemas_with(schemas, "outbox_outboxmessage", "done_at IS NULL AND NOT is_dead AND due_at <= now()")


def _schemas_with(schemas: list[str], table: str, condition: str) -> list[str]:
    """Which of these have a row in `table` that meets `condition`: one query for 200 of them."""
    found: list[str] = []
    for start in range(0, len(schemas), 200):
        branches = " UNION ALL ".join(
            f"SELECT '{schema}' WHERE EXISTS (SELECT 1 FROM \"{schema}\".{table} WHERE {condition})"
            for schema in schemas[start : start + 200]
        )
        with connection.cursor() as cursor:
            cursor.execute(branches)
            found += [row[0] for row in cursor.fetchall()]
    return found


@public_task(name="inbox.process")
def process_inbox() -> int:
    """Run the verbs of the provider's events that are due."""
    from config.stripe_events import VERBS

    settled = process_due_events(VERBS, limit=AT_A_TIME)
    if settled:
        wake_inbox()
    return settled


@public_task(name="checkout.reconcile_all")
def reconcile_all() -> int:
    """Send every organizer's reconciliation."""
    return fan_out(reconcile, spread_seconds=2)


@tenant_task(name="checkout.reconcile")
def reconcile() -> dict[str, int]:
    """Ask the provider about everything of this organizer that still waits."""
    return checkout.reconcile()


@public_task(name="platform.check_money")
def check_the_platforms_money() -> int:
    """Compare the platform's own balance with its books; how many currencies differ."""
    from config.stripe_events import VERBS

    found = check_platform_money(event_types=tuple(VERBS))
    return sum(1 for one in found if one.differs_since is not None)


@public_task(name="payouts.run_all")
def run_payouts_everywhere() -> int:
    """Send every organizer's payouts."""
    return fan_out(run_these_payouts, spread_seconds=600)


@tenant_task(name="payouts.run")
def run_these_payouts() -> int:
    """Pay out what is due to this organizer: to everybody what lies with the platform, then to its bank what lies at its own."""
    return run_transfers() + run_payouts()


@public_task(name="commissions.approve_all")
def approve_commissions_everywhere() -> int:
    """Send the approval of commissions to each organizer that has affiliates."""
    schemas = _schemas_with(organizer_schemas(), "promotions_affiliateprogramme", "NOT needs_approval")
    active = Organizer.objects.filter(state=Organizer.State.ACTIVE, schema_name__in=schemas)
    return fan_out(approve_these_commissions, organizers=list(active), spread_seconds=300)


@tenant_task(name="commissions.approve")
def approve_these_commissions() -> int:
    """Approve this organizer's commissions whose time has come."""
    return run_approvals()


@public_task(name="disputes.ask_all")
def ask_about_disputes_everywhere() -> int:
    """Send every organizer's look at its disputes."""
    return fan_out(ask_about_these_disputes, spread_seconds=300)


@tenant_task(name="disputes.ask")
def ask_about_these_disputes() -> int:
    """Ask the provider about this organizer's disputes that are not over."""
    return ask_about_disputes(at=timezone.now())


@public_task(name="visits.forget_all")
def forget_visits_everywhere() -> int:
    """Send every organizer's clean-up of old visits."""
    return fan_out(forget_these_visits, spread_seconds=300)


@tenant_task(name="visits.forget")
def forget_these_visits() -> int:
    """Forget who opened orders that no bank asks about any more."""
    return forget_visits()


@public_task(name="idempotency.forget_all")
def forget_old_idempotency_keys() -> int:
    """Send every organizer's clean-up of old idempotency keys."""
    return fan_out(forget_idempotency_keys, spread_seconds=60)


@tenant_task(name="idempotency.forget")
def forget_idempotency_keys() -> int:
    """Delete idempotency keys that no client will use again."""
    return forget_old_keys()


@public_task(name="people.forget_sign_ins_all")
def forget_sign_ins_everywhere() -> int:
    """Send every organizer's forgetting of buyers' old sign-ins."""
    return fan_out(forget_buyers_sign_ins, spread_seconds=300)


@tenant_task(name="people.forget_sign_ins")
def forget_buyers_sign_ins() -> int:
    """Delete buyers' mailed codes and sessions that are long over."""
    return forget_sign_ins()


@public_task(name="inventory.release_blocks_all")
def release_blocks_everywhere() -> int:
    """Send every organizer's release of what was blocked until now."""
    return fan_out(release_blocks, spread_seconds=10)


@tenant_task(name="inventory.release_blocks")
def release_blocks() -> int:
    """Put this organizer's blocked places back on sale whose date has come."""
    return release_due_blocks()


@public_task(name="repricing.reprice_all")
def reprice_everywhere() -> int:
    """Send the repricing of each organizer that ever let a price follow the sale."""
    schemas = _schemas_with(organizer_schemas(), "repricing_pricerules", "mode <> 'off'")
    active = Organizer.objects.filter(state=Organizer.State.ACTIVE, schema_name__in=schemas)
    return fan_out(reprice_these, organizers=list(active), spread_seconds=5)


@tenant_task(name="repricing.reprice")
def reprice_these() -> int:
    """Bring this organizer's prices to where its sales stand."""
    return reprice()


@public_task(name="marketplace.renew_all")
def renew_listings_everywhere() -> int:
    """Send a look at their listings to the organizers of which one is due."""
    return fan_out(renew_these_listings, organizers=organizers_to_renew(at=timezone.now()), spread_seconds=5)


@tenant_task(name="marketplace.renew")
def renew_these_listings() -> int:
    """Bring what the platform's site says of this organizer's events to where their sale stands."""
    return renew_listings()


@public_task(name="waitlist.serve_all")
def serve_waiting_lists_everywhere() -> int:
    """Send a look at their waiting lists to the organizers on whose lists somebody waits."""
    waited = schemas_to_serve(organizer_schemas())
    for schema in waited:
        with schema_context(schema):
            serve_waiting_lists.apply_async()
    return len(waited)


@tenant_task(name="waitlist.serve")
def serve_waiting_lists() -> int:
    """Offer what is free to who waits for it, and note what became of offers."""
    return serve_all()


@public_task(name="waitlist.forget_all")
def forget_waiting_everywhere() -> int:
    """Send every organizer's forgetting of who waited."""
    return fan_out(forget_waiting, spread_seconds=300)


@tenant_task(name="waitlist.forget")
def forget_waiting() -> int:
    """Delete who waited for dates that are long over, and addresses that nobody confirmed."""
    return forget_entries()


@public_task(name="recovery.send_all")
def send_reminders_everywhere() -> int:
    """Send every organizer's look at the reminders that are due."""
    return fan_out(send_reminders, spread_seconds=60)


@tenant_task(name="recovery.send")
def send_reminders() -> int:
    """Remind this organizer's buyers of what they left at the checkout, as far as they agreed."""
    return send_due()


@public_task(name="recovery.forget_all")
def forget_reminders_everywhere() -> int:
    """Send every organizer's forgetting of who was reminded."""
    return fan_out(forget_reminded, spread_seconds=300)


@tenant_task(name="recovery.forget")
def forget_reminded() -> int:
    """Take the people out of old reminders."""
    return forget_reminders()


@public_task(name="stock.prove_changed_all")
def prove_changed_everywhere() -> int:
    """Send every organizer's proof of what was sold since the last."""
    return fan_out(prove_changed, spread_seconds=20)


@tenant_task(name="stock.prove_changed")
def prove_changed() -> int:
    """Prove the stock of this organizer's performances that moved."""
    return prove_changed_stock()


@public_task(name="stock.prove_all")
def prove_everything() -> int:
    """Send every organizer's proof of everything that is not over."""
    return fan_out(prove_all, spread_seconds=300)


@tenant_task(name="stock.prove")
def prove_all() -> int:
    """Prove all stock of this organizer."""
    return prove_all_stock()


@public_task(name="reconciliation.check_all")
def check_money_everywhere() -> int:
    """Send every organizer's comparison with the payment provider, within five minutes."""
    return fan_out(check_money, spread_seconds=300)


@tenant_task(name="reconciliation.check")
def check_money() -> None:
    """Ask for a comparison and begin it; one that was given up goes on where it stopped."""
    from config.stripe_events import VERBS

    with suppress(NotConnected, CheckUnderWay):
        check = request_check(actor=SYSTEM)
        work_on_check(check_id=check.pk, event_types=tuple(VERBS))


def wake_inbox() -> None:
    """Send the processing of provider events now; without a broker the clock does it."""
    try:
        process_inbox.apply_async(retry=False)
    except OperationalError:
        logger.warning("the broker is away; provider events wait for the clock")


@public_task(name="payments.look_after_accounts")
def look_after_accounts() -> int:
    """Send every organizer's look at its account."""
    return fan_out(look_after_this_account, spread_seconds=300)


@tenant_task(name="payments.look_after_account")
def look_after_this_account() -> int:
    """What this organizer's account may do, and the wallets on its hosts."""
    return look_after_account(organizer=current_organizer())
