"""Moving money between balances: what a captured charge, a refund or a transfer writes into whose books."""

from __future__ import annotations

from payments.sandbox import shapes
from payments.sandbox.call import Call
from payments.sandbox.cards import BY_NUMBER
from payments.sandbox.errors import StripeError
from payments.sandbox.events import emit
from payments.sandbox.fees import processing_fee
from payments.sandbox.store import PLATFORM, JsonObject, new_id, now

SETTLEMENT_DAYS = 2  # until the money of a payment is available


def settle_charge(call: Call, charge: JsonObject, amount: int, application_fee: int | None) -> None:
    """Book a captured charge of `amount` minor units: Stripe's fee, our fee, and a destination's share."""
    card = BY_NUMBER[charge["_card"]]
    available_on = now() if card.available_at_once else now() + SETTLEMENT_DAYS * 86400
    owner = call.owner()
    merchant = call.store.find("account", charge["on_behalf_of"] or "") or owner
    stripe_fee = processing_fee(amount, merchant["country"])
    fees: list[JsonObject] = []
    if call.account == PLATFORM or owner["controller"]["fees"]["payer"] == "account":
        fees.append(shapes.fee_detail("stripe_fee", stripe_fee, charge["currency"]))
    else:
        _charge_platform_for_fee(call, charge, stripe_fee)
    direct_fee = application_fee if call.account != PLATFORM else None
    if direct_fee:
        fee = _collect_application_fee(call, charge, call.account, direct_fee, available_on)
        charge |= {"application_fee": fee["id"], "application_fee_amount": direct_fee}
        application = call.store.setting("application")
        fees.append(shapes.fee_detail("application_fee", direct_fee, charge["currency"], application))
    line = shapes.balance_transaction(
        "charge" if charge["payment_method_details"]["type"] == "card" else "payment",
        amount,
        charge["currency"],
        source=charge["id"],
        fees=fees,
        description=charge["description"],
        available_on=available_on,
    )
    call.save(line)
    charge["balance_transaction"] = line["id"]
    if charge["transfer_data"]:
        _share_with_destination(call, charge, amount, application_fee, available_on)


def _charge_platform_for_fee(call: Call, charge: JsonObject, amount: int) -> None:
    """Stripe's fee on a direct charge when the platform pays the fees: a line of its own on the platform."""
    line = shapes.balance_transaction(
        "stripe_fee",
        -amount,
        charge["currency"],
        source=None,
        description=f"Payment processing fee for {charge['id']} ({call.account})",
    )
    call.store.save(line, PLATFORM)


def _collect_application_fee(
    call: Call, charge: JsonObject, account: str, amount: int, available_on: int
) -> JsonObject:
    """The platform's fee on a charge of `account`."""
    identifier = new_id("fee")
    platform = call.on(PLATFORM)
    line = shapes.balance_transaction(
        "application_fee", amount, charge["currency"], source=identifier, available_on=available_on
    )
    platform.save(line)
    fee: JsonObject = {
        "id": identifier,
        "object": "application_fee",
        "account": account,
        "amount": amount,
        "amount_refunded": 0,
        "application": call.store.setting("application"),
        "balance_transaction": line["id"],
        "charge": charge["id"],
        "created": now(),
        "currency": charge["currency"],
        "fee_source": {"charge": charge["id"], "type": "charge"},
        "livemode": False,
        "originating_transaction": None,
        "refunded": False,
        "refunds": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/application_fees/{identifier}/refunds",
        },
    }
    platform.save(fee)
    emit(platform, "application_fee.created", fee)
    return fee


def _share_with_destination(
    call: Call, charge: JsonObject, amount: int, application_fee: int | None, available_on: int
) -> None:
    """A destination charge: the transfer that Stripe makes by itself."""
    data = charge["transfer_data"]
    share = data.get("amount") if data.get("amount") is not None else amount
    transfer = create_transfer(
        call,
        amount=share,
        currency=charge["currency"],
        destination=data["destination"],
        source=charge,
        group=charge["transfer_group"] or f"group_{charge['payment_intent']}",
        available_on=available_on,
    )
    charge["transfer"] = transfer["id"]
    if application_fee:
        payment = call.store.find("charge", transfer["destination_payment"], data["destination"])
        assert payment is not None
        fee = _collect_application_fee(call, payment, data["destination"], application_fee, available_on)
        charge |= {"application_fee": fee["id"], "application_fee_amount": application_fee}
        recipient = call.on(data["destination"])
        line = recipient.get("balance_transaction", payment["balance_transaction"])
        application = call.store.setting("application")
        line["fee_details"].append(
            shapes.fee_detail("application_fee", application_fee, charge["currency"], application)
        )
        line["fee"] += application_fee
        line["net"] -= application_fee
        recipient.save(line)
        recipient.save({**payment, "application_fee": fee["id"], "application_fee_amount": application_fee})


def create_transfer(
    call: Call,
    *,
    amount: int,
    currency: str,
    destination: str,
    source: JsonObject | None,
    group: str | None,
    description: str | None = None,
    metadata: JsonObject | None = None,
    available_on: int | None = None,
) -> JsonObject:
    """Move money from the platform to a connected account; the payment that arrives there included.

    Raises when the account may not receive transfers.
    """
    account = call.store.find("account", destination)
    if account is None:
        raise StripeError(f"No such destination: '{destination}'", code="resource_missing", param="destination")
    if account["capabilities"].get("transfers") != "active":
        raise StripeError(
            "Your destination account needs to have at least one of the following capabilities enabled: transfers, "
            "crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
        )
    recipient = call.on(destination)
    identifier = new_id("tr")
    line = shapes.balance_transaction("transfer", -amount, currency, source=identifier, description=description)
    call.save(line)
    payment = _destination_payment(recipient, amount, currency, identifier, available_on)
    transfer: JsonObject = {
        "id": identifier,
        "object": "transfer",
        "amount": amount,
        "amount_reversed": 0,
        "balance_transaction": line["id"],
        "created": now(),
        "currency": currency,
        "description": description,
        "destination": destination,
        "destination_payment": payment["id"],
        "livemode": False,
        "metadata": metadata or {},
        "reversals": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/transfers/{identifier}/reversals",
        },
        "reversed": False,
        "source_transaction": source["id"] if source else None,
        "source_type": "card",
        "transfer_group": group,
    }
    call.save(transfer)
    emit(call, "transfer.created", transfer)
    return transfer


def _destination_payment(
    recipient: Call, amount: int, currency: str, transfer: str, available_on: int | None
) -> JsonObject:
    """The charge object that a transfer leaves on the account which receives it."""
    identifier = new_id("py")
    line = shapes.balance_transaction("payment", amount, currency, source=identifier, available_on=available_on)
    recipient.save(line)
    empty = (
        "application application_fee application_fee_amount calculated_statement_descriptor customer description "
        "failure_balance_transaction failure_code failure_message on_behalf_of outcome payment_intent payment_method "
        "payment_method_details receipt_email receipt_number receipt_url review shipping statement_descriptor "
        "statement_descriptor_suffix transfer_data transfer_group"
    )
    payment: JsonObject = {
        **dict.fromkeys(empty.split()),
        "id": identifier,
        "object": "charge",
        "amount": amount,
        "amount_captured": amount,
        "amount_refunded": 0,
        "balance_transaction": line["id"],
        "billing_details": shapes.billing_details(None),
        "captured": True,
        "created": now(),
        "currency": currency,
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "paid": True,
        "refunded": False,
        "source": None,
        "source_transfer": transfer,
        "status": "succeeded",
    }
    recipient.save(payment)
    emit(recipient, "payment.created", payment)
    return payment


def reverse_transfer(
    call: Call, transfer: JsonObject, amount: int, *, metadata: JsonObject | None = None, refund: str | None = None
) -> JsonObject:
    """Take `amount` of a transfer back. Raises when more is asked than is left, or the account's balance is short."""
    left = transfer["amount"] - transfer["amount_reversed"]
    if amount > left or left == 0:
        raise StripeError(
            f"Transfer {transfer['id']} has {left} left to reverse, {amount} were asked for.", param="amount"
        )
    recipient = call.on(transfer["destination"])
    available, pending = balances(recipient).get(transfer["currency"], (0, 0))
    if available + pending < amount:
        raise StripeError(
            "Insufficient funds in the connected account's Stripe balance to reverse this transfer.",
            code="balance_insufficient",
        )
    identifier = new_id("trr")
    line = shapes.balance_transaction("transfer_refund", amount, transfer["currency"], source=identifier)
    call.save(line)
    payment = recipient.get("charge", transfer["destination_payment"])
    returned = _return_destination_payment(recipient, payment, amount)
    reversal: JsonObject = {
        "id": identifier,
        "object": "transfer_reversal",
        "amount": amount,
        "balance_transaction": line["id"],
        "created": now(),
        "currency": transfer["currency"],
        "destination_payment_refund": returned["id"],
        "metadata": metadata or {},
        "source_refund": refund,
        "transfer": transfer["id"],
    }
    call.save(reversal)
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    transfer["reversals"]["data"] = [reversal, *transfer["reversals"]["data"]][:10]
    call.save(transfer)
    emit(call, "transfer.reversed", transfer)
    return reversal


def _return_destination_payment(recipient: Call, payment: JsonObject, amount: int) -> JsonObject:
    """The refund that a reversal leaves on the account which gives the money back."""
    identifier = new_id("pyr")
    line = shapes.balance_transaction("payment_refund", -amount, payment["currency"], source=identifier)
    recipient.save(line)
    refund = {
        **dict.fromkeys(("payment_intent", "reason", "receipt_number", "transfer_reversal")),
        "id": identifier,
        "object": "refund",
        "amount": amount,
        "balance_transaction": line["id"],
        "charge": payment["id"],
        "created": now(),
        "currency": payment["currency"],
        "metadata": {},
        "source_transfer_reversal": None,
        "status": "succeeded",
    }
    recipient.save(refund)
    payment["amount_refunded"] += amount
    payment["refunded"] = payment["amount_refunded"] == payment["amount"]
    recipient.save(payment)
    return refund


def refund_application_fee(
    call: Call, fee: JsonObject, amount: int, *, metadata: JsonObject | None = None, within_refund: bool = False
) -> JsonObject:
    """Give back `amount` of the platform's fee; `call` acts on the platform. Raises when more is asked than is left.

    The account gets a line of its own for it, unless the line of a direct charge's refund holds it (`within_refund`).
    """
    left = fee["amount"] - fee["amount_refunded"]
    if amount > left or left == 0:
        raise StripeError(
            f"Application fee {fee['id']} has {left} left to refund, {amount} were asked for.",
            param="amount",
            code="" if left else "fee_already_refunded",
        )
    identifier = new_id("fr")
    line = shapes.balance_transaction("application_fee_refund", -amount, fee["currency"], source=identifier)
    call.save(line)
    if not within_refund:
        back = shapes.balance_transaction("application_fee_refund", amount, fee["currency"], source=identifier)
        call.store.save(back, fee["account"])
    refund: JsonObject = {
        "id": identifier,
        "object": "fee_refund",
        "amount": amount,
        "balance_transaction": line["id"],
        "created": now(),
        "currency": fee["currency"],
        "fee": fee["id"],
        "metadata": metadata or {},
    }
    call.save(refund)
    fee["amount_refunded"] += amount
    fee["refunded"] = fee["amount_refunded"] == fee["amount"]
    fee["refunds"]["data"] = [refund, *fee["refunds"]["data"]][:10]
    call.save(fee)
    emit(call, "application_fee.refunded", fee)
    return refund


def balances(call: Call) -> dict[str, tuple[int, int]]:
    """The caller's balance in minor units by currency: what is available, and what is still on its way."""
    rows = call.store.execute(
        "select json_extract(body, '$.currency') as currency, "
        "sum(case when json_extract(body, '$.available_on') <= ? then json_extract(body, '$.net') else 0 end) as free, "
        "sum(json_extract(body, '$.net')) as total "
        "from objects where kind = 'balance_transaction' and account = ? group by 1 order by 1",
        now(),
        call.account,
    )
    return {str(row["currency"]): (int(row["free"]), int(row["total"]) - int(row["free"])) for row in rows}
