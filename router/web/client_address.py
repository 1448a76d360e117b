"""Determines the address of a client behind trusted proxies."""

import re
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.types import ASGIApp, Receive, Scope, Send

from trellis.router.config import Http

Address = IPv4Address | IPv6Address

current_client_address: ContextVar[str | None] = ContextVar("current_client_address", default=None)
"""The client of the request being handled, for log lines."""

_MAX_HOPS = 50
_MAX_LENGTH = 4096
_PORT = r"(?::[0-9]{1,5})?"
_V4 = re.compile(rf"([0-9.]+){_PORT}")
_V6 = re.compile(rf"\[([0-9a-fA-F:.]*:[0-9a-fA-F:.]+)\]{_PORT}|([0-9a-fA-F:.]*:[0-9a-fA-F:.]+)")
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_PAIR = re.compile(rf"({_TOKEN})=({_TOKEN}|{_QUOTED})")
_ELEMENT = re.compile(rf'(?:[^",]|{_QUOTED})+')


class ClientAddresses:
    """Determines the addresses of clients behind trusted proxies.

    Each proxy appends the address of its peer, and clients may send such a header themselves, so
    the client is the right-most address that is not a trusted proxy. What precedes an invalid
    address was not written by a trusted proxy and is ignored.
    """

    def __init__(self, http: Http) -> None:
        self._is_trusted = _trust(http.trusted_proxies)
        self._trusts_sockets = "unix" in http.trusted_proxies
        self._header = http.client_address_header.encode()
        self._hops = _forwarded if http.client_address_header == "forwarded" else _x_forwarded_for
        self.trusts_anyone = bool(http.trusted_proxies)

    def is_proxy(self, peer: str | None) -> bool:
        """Whether the peer of a connection is trusted; None is a Unix socket."""
        return self._trusts_sockets if peer is None else self._is_trusted(peer)

    def told_by(self, headers: Iterable[tuple[bytes, bytes]]) -> str | None:
        """The address of the client according to the header of a trusted proxy, if any."""
        lines = [value for name, value in headers if name == self._header]
        text = b",".join(lines).decode("latin-1")
        if len(text) > _MAX_LENGTH:  # a truncated element could be read as another address
            text = text[-_MAX_LENGTH:].partition(",")[2]
        found: str | None = None
        for hop in reversed(self._hops(text)[-_MAX_HOPS:]):
            address = read_address(hop)
            if address is None:
                break
            found = str(address)
            if not self._is_trusted(found):
                break
        return found


class ClientAddress:
    """Replaces the address of the connection by that of the client if the peer is a trusted
    proxy."""

    def __init__(self, app: ASGIApp, http: Http) -> None:
        self._app = app
        self._clients = ClientAddresses(http)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            if self._clients.trusts_anyone:
                self._replace_address(scope)
            client = scope.get("client")
            current_client_address.set(client[0] if client else None)
        await self._app(scope, receive, send)

    def _replace_address(self, scope: Scope) -> None:
        peer = scope.get("client")
        if self._clients.is_proxy(peer[0] if peer else None):
            found = self._clients.told_by(scope["headers"])
            if found is not None:
                scope["client"] = (found, 0)


def read_address(text: str) -> Address | None:
    """An address as written by proxies: with or without a port, IPv6 with or without brackets
    (RFC 7239, section 6). None for anything else, such as names and ``unknown``."""
    text = text.strip(" \t")
    match = _V4.fullmatch(text) or _V6.fullmatch(text)
    if match is None:
        return None
    try:
        address = ip_address(next(group for group in match.groups() if group))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _trust(proxies: Iterable[str]) -> Callable[[str], bool]:
    networks = [ip_network(each, strict=False) for each in proxies if each != "unix"]

    @lru_cache(maxsize=1024)
    def is_trusted(text: str) -> bool:
        address = read_address(text)
        return address is not None and any(address in network for network in networks)

    return is_trusted


def _x_forwarded_for(text: str) -> Sequence[str]:
    return text.split(",")


def _forwarded(text: str) -> Sequence[str]:
    """The ``for`` of each element (RFC 7239, section 4), empty for an element without one."""
    elements = _ELEMENT.findall(text)
    # If the elements do not make up the whole text, their boundaries are ambiguous.
    if ",".join(elements) != text:
        return []
    return [_for(element) for element in elements]


def _for(element: str) -> str:
    for pair in element.split(";"):
        match = _PAIR.fullmatch(pair.strip(" \t"))
        if match is not None and match[1].lower() == "for":
            return re.sub(r"\\(.)", r"\1", match[2].strip('"'))
    return ""
