import pytest

from audit.actions import SYSTEM
from payments.actions import keep_account_facts
from payments.gateway import AccountFacts
from tests import world
from tests.api.caller import Api


@pytest.fixture
def selling(northside: world.House) -> world.House:
    """Northside Hall, entered; it may take payments, but nothing here asks the provider."""
    facts = AccountFacts(
        id="acct_selling", charges_enabled=True, payouts_enabled=True, requirements=(), disabled_reason=""
    )
    keep_account_facts(organizer=northside.organizer, facts=facts, actor=SYSTEM)
    return northside


@pytest.fixture
def api(northside: world.House) -> Api:
    """Northside's API."""
    return Api(northside.host)
