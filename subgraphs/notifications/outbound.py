"""Requests to addresses that somebody else has chosen: nothing of ours is reached by them.

A name is looked up once, a connection is made to one of the addresses found that are allowed, and
before anything is sent the address is checked again on the socket that is really connected. So a
name that changes its mind in between (DNS rebinding) gains nothing. Redirects are not followed,
proxies of the environment not used, answers not unpacked.

OutboundFailure
├── TargetRefused      not a URL that requests are sent to, or an address that is not public
├── Unreachable        no such name, no connection, no TLS, no HTTP
└── TooSlow            no answer in time
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import cast

import httpcore
import httpx

from trellis.subgraphs.notifications.addresses import Reachable, address_of

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

MAX_URL = 2_000
_HOST = re.compile(r"[A-Za-z0-9._:-]+")
_ADDRESSES_TRIED = 4
# Of their own: a name server that does not answer must not stop what other threads are for. More
# than there are requests at once (``webhooks/schedule.py``), or such names would delay others.
_RESOLVERS = 256


class OutboundFailure(Exception):
    """A message for the owner of the target; it reveals nothing about our network."""


class TargetRefused(OutboundFailure):
    pass


class Unreachable(OutboundFailure):
    pass


class TooSlow(OutboundFailure):
    pass


@dataclass(frozen=True, slots=True)
class Target:
    """A URL, taken apart."""

    is_tls: bool
    host: bytes
    port: int
    authority: bytes
    path: bytes

    @property
    def name(self) -> str:
        """Host and port: what is busy or slow as one."""
        return f"{self.host.decode()}:{self.port}"


@dataclass(frozen=True, slots=True)
class OutboundLimits:
    """``seconds`` for a request and its answer together; of longer answers only the first
    ``answer_bytes`` are read."""

    seconds: float = 30.0
    answer_bytes: int = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool


def read_target(url: str, reachable: Reachable) -> Target:
    """Raises ``TargetRefused`` for what requests are never sent to, as far as that can be told
    without looking up names."""
    try:
        found = httpx.URL(url) if len(url) <= MAX_URL else None
    except (httpx.InvalidURL, ValueError):
        found = None
    if found is None or not _HOST.fullmatch(found.raw_host.decode()):
        raise TargetRefused(f"It must be an absolute URL of {MAX_URL} characters at most.")
    if found.scheme != "https" and not (found.scheme == "http" and reachable.added):
        raise TargetRefused("It must begin with https://.")
    if found.userinfo or found.fragment:
        raise TargetRefused("It must have neither user name nor fragment.")
    port = found.port or (443 if found.scheme == "https" else 80)
    if port < 1024 and port not in (80, 443):
        raise TargetRefused("Its port must be 80, 443 or above 1023.")
    if _is_never_public(found.host) and not reachable.added:
        raise TargetRefused("Its address is not public.")
    if address_of(found.host) is not None and not reachable.allows(found.host):
        raise TargetRefused("Its address is not public.")
    return Target(found.scheme == "https", found.raw_host, port, found.netloc, found.raw_path)


class Outbound:
    """Sends requests, each over a connection of its own."""

    def __init__(
        self,
        reachable: Reachable,
        *,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve | None = None,
        network: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self.reachable = reachable
        self._tls = tls
        self._resolve = resolve or resolve_name
        self._network = network or cast(httpcore.AsyncNetworkBackend, httpcore.AnyIOBackend())

    async def post(
        self,
        url: str,
        content: bytes,
        headers: Mapping[str, str],
        limits: OutboundLimits = OutboundLimits(),
    ) -> Answer:
        """POST ``content``; whatever the status, the answer. Raises ``OutboundFailure``."""
        target = read_target(url, self.reachable)
        try:
            async with asyncio.timeout(limits.seconds):
                return await self._post(target, content, headers, limits.answer_bytes)
        except (TimeoutError, httpcore.TimeoutException):
            raise TooSlow(f"No answer within {limits.seconds:g} seconds.") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as failure:
            raise Unreachable(_reason(failure)) from None

    async def _post(
        self, target: Target, content: bytes, headers: Mapping[str, str], most: int
    ) -> Answer:
        only_added = not target.is_tls
        network = _CheckedNetwork(self._network, self._resolve, self.reachable, only_added)
        url = httpcore.URL(
            scheme=b"https" if target.is_tls else b"http",
            host=target.host,
            port=target.port,
            target=target.path,
        )
        named = {"Host": target.authority.decode(), "Accept-Encoding": "identity", **headers}
        sent = [(name.encode("ascii"), value.encode("ascii")) for name, value in named.items()]
        tls = (self._tls or default_tls()) if target.is_tls else None
        async with (
            httpcore.AsyncConnectionPool(ssl_context=tls, network_backend=network) as pool,
            pool.stream("POST", url, headers=sent, content=content) as response,
        ):
            body, is_cut = await _read_start(response, most)
            got = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in response.headers
            }
            return Answer(response.status, got, body, is_cut)


class _CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to nothing but what may be reached."""

    def __init__(
        self,
        network: httpcore.AsyncNetworkBackend,
        resolve: Resolve,
        reachable: Reachable,
        only_added: bool,
    ) -> None:
        self._network = network
        self._resolve = resolve
        self._may_reach = reachable.is_added if only_added else reachable.allows

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        found = await self._resolve(host, port)
        allowed = [address for address in found if self._may_reach(address)]
        if not allowed:
            raise TargetRefused("Its address is not public.")
        failure: Exception | None = None
        for address in allowed[:_ADDRESSES_TRIED]:
            try:
                stream = await self._network.connect_tcp(address, port, timeout=timeout)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as refusal:
                failure = refusal
                continue
            await self._check(stream)
            return stream
        raise failure or httpcore.ConnectError()

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise TargetRefused("It must begin with https://.")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _check(self, stream: httpcore.AsyncNetworkStream) -> None:
        peer = stream.get_extra_info("server_addr")
        if not (isinstance(peer, tuple) and peer and self._may_reach(str(peer[0]))):
            await stream.aclose()
            raise TargetRefused("Its address is not public.")


async def resolve_name(host: str, port: int) -> list[str]:
    """The addresses of a name. Raises ``OSError``."""

    def look_up() -> list[str]:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    return await asyncio.get_running_loop().run_in_executor(_resolvers(), look_up)


@cache
def _resolvers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="outbound-names")


@cache
def default_tls() -> ssl.SSLContext:
    """Made at the first use, since reading the certificates takes long."""
    return httpx.create_ssl_context(trust_env=False)


async def _read_start(response: httpcore.Response, most: int) -> tuple[bytes, bool]:
    body = bytearray()
    async for part in response.aiter_stream():
        body += part
        if len(body) > most:
            return bytes(body[:most]), True
    return bytes(body), False


def _is_never_public(host: str) -> bool:
    """Names of this machine, and numbers that are addresses in disguise (``0x7f000001``)."""
    last = host.rstrip(".").rpartition(".")[2].lower()
    is_number = last.isdecimal() or last.startswith("0x")
    return last == "localhost" or (is_number and address_of(host) is None)


def _reason(failure: Exception) -> str:
    if isinstance(failure, socket.gaierror):
        return "Its name is not known."
    if isinstance(failure, httpcore.ConnectError):
        cause = failure.__cause__ or failure.__context__
        return "TLS failed." if isinstance(cause, ssl.SSLError) else "It takes no connection."
    if isinstance(failure, httpcore.ProtocolError):
        return "It does not speak HTTP."
    return "The connection broke."
