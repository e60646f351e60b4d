"""Periodic work, in plain words: what, and every how many seconds, or at what time of the night (UTC)."""

from typing import Any

from celery.schedules import crontab

SCHEDULE: dict[str, dict[str, Any]] = {
    "take up what crashes left in an outbox": {"task": "outbox.sweep", "schedule": 5.0},
    "process the payment provider's events again that failed": {"task": "inbox.process", "schedule": 5.0},
    "ask the payment provider about payments whose webhook never came": {
        "task": "checkout.reconcile_all",
        "schedule": 20.0,
    },
    "pay organizers and their partners what is due, by each one's schedule": {
        "task": "payouts.run_all",
        "schedule": crontab(hour="*/6", minute="40"),
    },
    "approve affiliates' commissions whose time has come": {"task": "commissions.approve_all", "schedule": 3600.0},
    "ask the payment provider about disputes whose messages never came": {
        "task": "disputes.ask_all",
        "schedule": 3600.0,
    },
    "open organizers that found the pool of prepared schemas empty": {
        "task": "tenants.finish_openings",
        "schedule": 30.0,
    },
    "keep the pool of prepared schemas full": {"task": "tenants.top_up_prepared_schemas", "schedule": 30.0},
    # Until this has run a blocked seat stays gone, whatever its date says: late, never twice (docs/seat-maps.md).
    "put blocked places back on sale when their date has come": {
        "task": "inventory.release_blocks_all",
        "schedule": 30.0,
    },
    "bring prices that follow the sale to where it stands": {"task": "repricing.reprice_all", "schedule": 30.0},
    "bring listings on the platform's site to where their sales stand": {
        "task": "marketplace.renew_all",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    # Nothing leaks until it has run: what is waited for is closed to everybody else (docs/waiting-list.md).
    "offer what got free to who waits for it": {
        "task": "waitlist.serve_all",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
    "forget who waited for dates that are long over": {"task": "waitlist.forget_all", "schedule": 24 * 3600.0},
    "remind buyers who agreed to it of what they left at the checkout": {
        "task": "recovery.send_all",
        "schedule": 120.0,
    },
    "forget who was reminded": {"task": "recovery.forget_all", "schedule": 24 * 3600.0},
    "prove the stock of what was sold": {"task": "stock.prove_changed_all", "schedule": 60.0},
    "prove all stock": {"task": "stock.prove_all", "schedule": 24 * 3600.0},
    "compare the books with the payment provider's": {
        "task": "reconciliation.check_all",
        "schedule": crontab(hour="2", minute="10"),
    },
    "compare the platform's own balance with its books": {
        "task": "platform.check_money",
        "schedule": crontab(hour="*/6", minute="25"),
    },
    "see what each account may do, and register its hosts for wallets": {
        "task": "payments.look_after_accounts",
        "schedule": 6 * 3600.0,
    },
    "forget who opened orders long ago": {"task": "visits.forget_all", "schedule": 24 * 3600.0},
    "forget buyers' sign-ins that are over": {"task": "people.forget_sign_ins_all", "schedule": 24 * 3600.0},
    "forget old idempotency keys": {"task": "idempotency.forget_all", "schedule": 24 * 3600.0},
}
