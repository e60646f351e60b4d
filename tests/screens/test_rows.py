"""The list of screens follows the addresses of the product."""

from tests.isolation.test_matrix import HOSTS
from tests.screens.rows import NO_SCREEN


def test_what_is_no_screen_is_an_address_all_the_same() -> None:
    assert NO_SCREEN.keys() <= {name for rows in HOSTS.values() for name in rows}
