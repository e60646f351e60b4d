"""What each kind of incident means and what to do about it, in plain words."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from reconciliation.models import Incident

Kind = Incident.Kind

PLAYBOOKS: dict[str, Any] = {
    Kind.UNSETTLED: _(
        "Stripe took a buyer's money and we had not heard of it. We ask Stripe about the payment and issue the tickets or, "
        "if they are gone, send the money back and tell the buyer. If it stays open, the sale may be stopped: let it go on, "
        "and run the check again."
    ),
    Kind.REFUND_UNKNOWN: _(
        "Money went back to a buyer at Stripe without us, or the answer to our own refund got lost. We put it into the books. "
        "The tickets stay valid: if the buyer is not to come, open the order and refund it, which cancels the tickets and "
        "sends back only what is left."
    ),
    Kind.REFUND_FAILED: _(
        "The buyer's bank did not accept a refund, so the money is in your Stripe balance again and the buyer does not have it. "
        "Ask the buyer for a bank account, pay it by transfer, and close this with the date of the transfer."
    ),
    Kind.EVENTS_MISSED: _(
        "Stripe tells us of payments by messages, and some never came. We fetched and processed them. If it happens again, the "
        "platform looks at Stripe's list of failed deliveries and at the addresses that it delivers to."
    ),
    Kind.DISPUTED: _(
        "A buyer's bank took a payment back, with a charge, until the dispute is decided. Its tickets do not admit until then. "
        "Answer it under “Disputes” before its deadline: the pack is ready there. This is fixed by itself when the dispute is "
        "decided."
    ),
    Kind.FRAUD_WARNING: _(
        "A card network warns that the holder of the card may not have made this payment. A dispute often follows, which costs the "
        "payment and a charge. Refund the order if you do not know the buyer and nobody has come in with it; then close this. "
        "Under “Disputes” you choose whether that is done by itself."
    ),
    Kind.PAYOUT_FAILED: _(
        "Your bank sent a payout back, so the money is in your Stripe balance again. Check the bank account at Stripe; we try "
        "again by ourselves, after a day at first."
    ),
    Kind.TRANSFER_FAILED: _(
        "Stripe refused a transfer, to a partner's account or to yours: the account may be closed or not finished, or the money of "
        "the sales has not arrived yet. Nothing is lost, it is owed as before, and we try again after a day. Look at the "
        "account under “Partners” or “Payments”. This is fixed by itself with the next transfer that arrives."
    ),
    Kind.AMOUNT_DIFFERS: _(
        "Stripe and our books both have this, but with different amounts. The difference is booked as unexplained, so that the "
        "balances agree. Compare the order with the payment at Stripe: was a part refunded, a fee changed, another currency paid "
        "out? Close this when you know why."
    ),
    Kind.MONEY_UNKNOWN: _(
        "Money moved at Stripe and no order of ours explains it: a sale made elsewhere on the same account, a correction by "
        "Stripe, a top-up. It is booked as unexplained. Look it up at Stripe by its id, and close this when you know why."
    ),
    Kind.LINE_MISSING: _(
        "Our books say that money moved, and Stripe does not show it. Nothing is changed by itself. Look up the order's payment at "
        "Stripe; if the money is not there, the platform corrects the books."
    ),
    Kind.BALANCE_DIFFERS: _(
        "Stripe's balance is not the sum of the lines that Stripe gave us. It is fixed by itself when the next check agrees; if it "
        "stays, the platform asks Stripe."
    ),
}


def playbook(kind: str) -> Any:
    """What the incident means, what was done and what is left to do; translated when it is shown."""
    return PLAYBOOKS[kind]
