"""Connected accounts: who may take payments, who may receive transfers, on which hosts."""

from typing import Any

from payments.gateway.call import of_account, provider, translated
from payments.gateway.facts import CAPABILITIES, DEBITS, AccountFacts, WalletAnswer, account_facts

# Where the provider debits bank accounts in euros for accounts of these countries.
DEBIT_COUNTRIES = frozenset(
    ["AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU"]
) | frozenset(["IE", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"])


def create_account(*, email: str, country: str, name: str, key: str) -> AccountFacts:
    """A connected account that both charge models work with: express dashboard, fees and losses on the platform."""
    with translated():
        account = provider().v1.accounts.create(
            params={
                "country": country,
                "email": email,
                "business_profile": {"name": name},
                "controller": {
                    "fees": {"payer": "application"},
                    "losses": {"payments": "application"},
                    "stripe_dashboard": {"type": "express"},
                },
                "capabilities": _capabilities(country),
            },
            options={"idempotency_key": key},
        )
    return account_facts(account)


def create_recipient(*, email: str, country: str, name: str, key: str) -> AccountFacts:
    """A connected account that transfers can be made to and that takes no payments of its own."""
    params: Any = {
        "country": country,
        "business_profile": {"name": name},
        "controller": {
            "fees": {"payer": "application"},
            "losses": {"payments": "application"},
            "stripe_dashboard": {"type": "express"},
        },
        "capabilities": {"transfers": {"requested": True}},
    }
    with translated():
        account = provider().v1.accounts.create(
            params=params | ({"email": email} if email else {}), options={"idempotency_key": key}
        )
    return account_facts(account)


def _capabilities(country: str) -> Any:
    wanted = [*CAPABILITIES, *([DEBITS] if country in DEBIT_COUNTRIES else [])]
    return {name: {"requested": True} for name in wanted}


def request_debits(account_id: str) -> AccountFacts:
    """Ask that an account may take bank debits in euros, which one that is older than them was not asked for. Repeatable."""
    with translated():
        params: Any = {"capabilities": {DEBITS: {"requested": True}}}
        return account_facts(provider().v1.accounts.update(account_id, params=params))


def fetch_account(account_id: str) -> AccountFacts:
    """The connected account as it is now."""
    with translated():
        return account_facts(provider().v1.accounts.retrieve(account_id))


def create_onboarding_link(*, account_id: str, return_url: str, refresh_url: str) -> str:
    """A short-lived, single-use address where the organizer answers the provider's questions."""
    with translated():
        link = provider().v1.account_links.create(
            params={
                "account": account_id,
                "type": "account_onboarding",
                "return_url": return_url,
                "refresh_url": refresh_url,
            }
        )
    return str(link.url)


def register_host(*, account_id: str, host: str) -> WalletAnswer:
    """Tell the provider that the account takes payments on this host, which wallets ask for.

    Of a host that is registered it gives the same answer again, so no key is needed; then it looks whether each wallet works
    there (docs.stripe.com/payments/payment-methods/pmd-registration).
    """
    with translated():
        domains = provider().v1.payment_method_domains
        options = of_account(account_id)
        domain = domains.create(params={"domain_name": host}, options=options)
        domain = domains.validate(domain.id, options=options)
    return WalletAnswer(id=domain.id, apple_pay=domain.apple_pay.status, google_pay=domain.google_pay.status)
