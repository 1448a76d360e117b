"""Which addresses requests may go to that somebody else has chosen the target of.

TRELLIS_OUTBOUND_NETWORKS   networks beside the public internet, also without TLS
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Self

from trellis.schema.subgraph import Setting

_NAME = "TRELLIS_OUTBOUND_NETWORKS"

SETTINGS = (
    Setting(
        _NAME,
        "",
        "networks, separated by commas, that webhooks may reach in addition "
        "to the public internet, also without TLS: `127.0.0.0/8,::1/128` for "
        "experiments",
    ),
)

# https://www.iana.org/assignments/ipv6-unicast-address-assignments: all that is in use is in here,
# so IPv4-mapped, NAT64, unique local, link-local and multicast addresses are not.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# Parts of it that lead to IPv4 addresses or to nobody: Teredo and its neighbours, documentation,
# 6to4 (RFC 6890, RFC 9637).
_SPECIAL_6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
# Beyond what ``is_global`` knows: protocol assignments, of which it calls two global, and relays
# of 6to4 (RFC 6890, RFC 7526).
_SPECIAL_4 = tuple(map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24")))


@dataclass(frozen=True, slots=True)
class Reachable:
    """Public addresses, and those in the ``added`` networks."""

    added: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Raises ``ValueError`` for what is no network."""
        given = environ.get(_NAME) or ""
        try:
            return cls(tuple(ip_network(one.strip()) for one in given.split(",") if one.strip()))
        except ValueError as refusal:
            raise ValueError(f"{_NAME}: {refusal}") from None

    def is_added(self, address: str) -> bool:
        found = address_of(address)
        return found is not None and any(found in network for network in self.added)

    def allows(self, address: str) -> bool:
        """Whether requests may go there; never to what is no address."""
        found = address_of(address)
        return found is not None and (_is_public(found) or self.is_added(address))


def address_of(text: str) -> IPv4Address | IPv6Address | None:
    """The address that is written there; None for names and everything else."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        # One with a scope (``%eth0``) means a network of ours.
        is_special = address.scope_id is not None or any(address in one for one in _SPECIAL_6)
        return address in _GLOBAL_UNICAST and not is_special
    is_special = address.is_multicast or any(address in one for one in _SPECIAL_4)
    return address.is_global and not is_special
