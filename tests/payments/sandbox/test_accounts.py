"""Connected accounts and their hosted onboarding."""

import httpx
import pytest
import stripe

from tests.payments.sandbox.conftest import new_account, onboarded


def link_for(server, account):
    return server.api.v1.account_links.create(
        params={
            "account": account,
            "type": "account_onboarding",
            "return_url": "http://portal.localhost/back",
            "refresh_url": "http://portal.localhost/again",
        }
    ).url


def test_a_new_account_waits_for_onboarding(server):
    account = server.api.v1.accounts.retrieve(new_account(server))
    assert (account.type, account.charges_enabled, account.details_submitted) == ("express", False, False)
    assert account.capabilities.to_dict() == {"card_payments": "inactive", "transfers": "inactive"}
    assert "external_account" in account.requirements.currently_due
    assert account.controller.losses.payments == "application"


def test_one_click_completes_the_onboarding_and_returns(server):
    account = new_account(server)
    url = link_for(server, account)
    page = httpx.get(url)
    assert "Northside Hall" in page.text
    answer = httpx.post(url, data={"answer": "complete"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "http://portal.localhost/back")
    done = server.api.v1.accounts.retrieve(account)
    assert (done.charges_enabled, done.payouts_enabled, done.details_submitted) == (True, True, True)
    assert done.requirements.currently_due == []
    assert done.external_accounts.data[0].last4 == "6789"
    types = [e.type for e in server.api.v1.events.list(options={"stripe_account": account}).data]
    assert types[0] == "account.updated"
    assert types.count("capability.updated") == 2


def test_returning_does_not_mean_complete(server):
    account = new_account(server)
    url = link_for(server, account)
    httpx.get(url)
    assert httpx.post(url, data={"answer": "later"}).status_code == 303
    assert server.api.v1.accounts.retrieve(account).details_submitted is False


def test_a_link_works_once(server):
    url = link_for(server, new_account(server))
    assert httpx.get(url).status_code == 200
    again = httpx.get(url)
    assert (again.status_code, again.headers["Location"]) == (303, "http://portal.localhost/again")
    assert httpx.get(f"{server.base}/connect/onboarding/alnk_unknown").status_code == 404


def test_names_are_escaped_on_pages(server):
    account = new_account(server, business_profile={"name": "<script>alert(1)</script>"})
    assert "<script>alert" not in httpx.get(link_for(server, account)).text


def test_an_account_can_be_restricted_again(server):
    account = onboarded(server)
    server.control(f"accounts/{account}/restrict")
    after = server.api.v1.accounts.retrieve(account)
    assert (after.charges_enabled, after.requirements.disabled_reason) == (False, "requirements.past_due")


def test_login_links_wait_for_onboarding(server):
    account = new_account(server)
    with pytest.raises(stripe.InvalidRequestError):
        server.api.v1.accounts.login_links.create(account)
    server.control(f"accounts/{account}/complete")
    link = server.api.v1.accounts.login_links.create(account)
    assert "Balance of Northside Hall" in httpx.get(link.url).text


def test_losses_on_the_platform_need_fees_on_the_platform(server):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        new_account(server, controller={"losses": {"payments": "application"}, "fees": {"payer": "account"}})
    assert refused.value.param == "controller[fees][payer]"


def test_accounts_are_listed_changed_and_deleted(server):
    account = new_account(server)
    assert server.api.v1.accounts.list(params={"limit": 1}).data[0].id == account
    changed = server.api.v1.accounts.update(account, params={"email": "new@northside.example"})
    assert changed.email == "new@northside.example"
    capabilities = server.api.v1.accounts.capabilities.list(account)
    assert {c.id: c.status for c in capabilities.data} == {"card_payments": "inactive", "transfers": "inactive"}
    assert server.api.v1.accounts.delete(account).deleted is True
    with pytest.raises(stripe.PermissionError):
        server.api.v1.accounts.retrieve(account)


def test_customers_and_their_cards(server, account):
    options = {"stripe_account": account}
    customer = server.api.v1.customers.create(params={"email": "bea@example.com"}, options=options)
    card = server.api.v1.payment_methods.attach("pm_card_visa", params={"customer": customer.id}, options=options)
    listed = server.api.v1.customers.payment_methods.list(customer.id, options=options)
    assert [method.id for method in listed.data] == [card.id]
    assert server.api.v1.payment_methods.detach(card.id, options=options).customer is None


def test_a_domain_is_registered_once(server, account):
    options = {"stripe_account": account}
    params = {"domain_name": "tickets.example"}
    first = server.api.v1.payment_method_domains.create(params=params, options=options)
    again = server.api.v1.payment_method_domains.create(params=params, options=options)
    assert (first.id, first.apple_pay.status) == (again.id, "active")
