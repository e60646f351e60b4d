"""Where a request comes from, as limits count it."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from django.conf import settings


def client_address(remote: str, forwarded: str = "") -> str:
    """The client's address: `remote` is the peer of the connection, `forwarded` the X-Forwarded-For header.

    The header is believed for its last entry alone, which our own proxy wrote, and only where there is one.
    """
    last = forwarded.rpartition(",")[2].strip()
    return last if settings.BEHIND_PROXY and last else remote


def client_network(remote: str, forwarded: str = "") -> str:
    """The network that a limit counts: an IPv4 address, or the /64 that one household has in IPv6. "" when unknown."""
    return _network_of(client_address(remote, forwarded))


@lru_cache(maxsize=10_000)
def _network_of(text: str) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return f"{IPv6Address(int(address) >> 64 << 64)}/64"
