"""Requests to addresses that others choose: where they go, and where they never do."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.subgraphs.notifications.receiver import OK, Received, receiving, status
from trellis.subgraphs.notifications.addresses import Reachable
from trellis.subgraphs.notifications.outbound import (
    Outbound,
    OutboundLimits,
    Resolve,
    TargetRefused,
    TooSlow,
    Unreachable,
    read_target,
)

HERE = Reachable((ipaddress.ip_network("127.0.0.0/8"),))
PUBLIC = "93.184.216.34"


def names(*addresses: str) -> Resolve:
    """A name server that has one answer."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return resolve


class Elsewhere(httpcore.AsyncNetworkBackend):
    """A network in which every way leads to one port here, whatever address is asked for."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[str] = []
        self._network: Any = httpcore.AnyIOBackend()

    async def connect_tcp(self, host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        self.asked.append(host)
        return await self._network.connect_tcp("127.0.0.1", self.port)


def port_of(url: str) -> int:
    return int(url.split(":")[2].split("/")[0])


async def test_a_request_arrives_as_it_was_sent():
    async with receiving() as receiver:
        answer = await Outbound(HERE).post(f"{receiver.url}?a=b%20c", b"{}", {"X-One": "1"})
        assert (answer.status, answer.body, answer.is_cut) == (200, b"ok", False)
    [request] = receiver.requests
    assert request.line == "POST /hook?a=b%20c HTTP/1.1"
    assert request.body == b"{}"
    assert request.headers["host"] == f"127.0.0.1:{port_of(receiver.url)}"
    assert request.headers["x-one"] == "1"
    assert request.headers["accept-encoding"] == "identity"


REFUSED = [
    ("ftp://example.com/", "https"),
    ("http://example.com/", "https"),
    ("//example.com/x", "https"),
    ("/hook", "absolute"),
    ("https:///hook", "absolute"),
    ("https://exa mple.com/", "absolute"),
    ("https://example.com/\r\nX: y", "absolute"),
    ("https://example.com:port/", "absolute"),
    ("https://" + "a" * 2_000, "absolute"),
    ("https://me@example.com/", "user name"),
    ("https://example.com/#part", "fragment"),
    ("https://example.com:25/", "port"),
    ("https://127.0.0.1/", "public"),
    ("https://[::1]/", "public"),
    ("https://[::ffff:127.0.0.1]/", "public"),
    ("https://169.254.169.254/latest/meta-data", "public"),
    ("https://2130706433/", "public"),
    ("https://0x7f000001/", "public"),
    ("https://0177.0.0.1/", "absolute"),
    ("https://127.1/", "public"),
    ("https://localhost/", "public"),
    ("https://a.LOCALHOST./", "public"),
]


@pytest.mark.parametrize(("url", "reason"), REFUSED)
def test_what_is_no_target_is_refused_at_once(url: str, reason: str):
    with pytest.raises(TargetRefused, match=reason):
        read_target(url, Reachable())


@pytest.mark.parametrize(
    "url", ["https://example.com", "https://example.com:8443/x?y=z", "https://bücher.example/"]
)
def test_public_names_are_targets(url: str):
    assert read_target(url, Reachable()).is_tls


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "::1", "::ffff:127.0.0.1"])
async def test_a_name_that_leads_to_a_private_address_is_refused_before_a_connection(address: str):
    async with receiving() as receiver:
        network = Elsewhere(port_of(receiver.url))
        outbound = Outbound(Reachable(), resolve=names(address), network=network)
        with pytest.raises(TargetRefused, match="not public"):
            await outbound.post("https://rebound.example/", b"{}", {})
        assert network.asked == []


async def test_numbers_that_the_system_takes_for_loopback_are_not_connected_to():
    """What the check of the URL would let pass, the system's own resolver must not open."""
    found = await Outbound(Reachable())._resolve("127.1", 443)
    assert found == ["127.0.0.1"]
    assert not Reachable().allows(found[0])


async def test_of_several_addresses_only_public_ones_are_connected_to():
    async with receiving() as receiver:
        network = Elsewhere(port_of(receiver.url))
        resolve = names("10.0.0.1", PUBLIC, "127.0.0.1")
        outbound = Outbound(Reachable(), resolve=resolve, network=network)
        with pytest.raises(TargetRefused):
            await outbound.post("https://mixed.example/", b"{}", {})
        assert network.asked == [PUBLIC]


async def test_the_socket_that_is_really_connected_is_checked():
    """The address that was asked for is public, yet the connection leads here."""
    got = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sent = await reader.read()
        assert sent == b""
        got.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        network = Elsewhere(server.sockets[0].getsockname()[1])
        outbound = Outbound(Reachable(), resolve=names(PUBLIC), network=network)
        with pytest.raises(TargetRefused, match="not public"):
            await outbound.post("https://good.example/", b"{}", {})
        assert network.asked == [PUBLIC]
        await asyncio.wait_for(got.wait(), 5)


async def test_without_tls_only_added_networks_are_reached():
    async with receiving() as receiver:
        network = Elsewhere(port_of(receiver.url))
        outbound = Outbound(HERE, resolve=names(PUBLIC), network=network)
        with pytest.raises(TargetRefused, match="not public"):
            await outbound.post("http://good.example/", b"{}", {})
        assert network.asked == []


async def test_redirects_are_answers():
    async with receiving() as goal:
        moved = status(302, f"Location: {goal.url}")
        async with receiving(lambda _request: moved) as receiver:
            answer = await Outbound(HERE).post(receiver.url, b"{}", {})
        assert (answer.status, answer.headers["location"]) == (302, goal.url)
        assert goal.connections == 0


async def test_long_answers_are_cut():
    async with receiving(lambda _request: status(200, body="x" * 1_000_000)) as receiver:
        limits = OutboundLimits(answer_bytes=100)
        answer = await Outbound(HERE).post(receiver.url, b"{}", {}, limits)
    assert (answer.status, answer.body, answer.is_cut) == (200, b"x" * 100, True)


@pytest.mark.parametrize("begun", [None, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"])
async def test_time_is_limited_whatever_has_come(begun: bytes | None):
    waiting = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(begun or b"")
        await waiting.wait()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(TooSlow, match=r"within 0\.1 seconds"):
            await Outbound(HERE).post(
                f"http://127.0.0.1:{port}/", b"{}", {}, OutboundLimits(seconds=0.1)
            )
        waiting.set()


async def test_looking_up_a_name_counts_as_time():
    async def resolve(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    with pytest.raises(TooSlow):
        await Outbound(Reachable(), resolve=resolve).post(
            "https://slow.example/", b"{}", {}, OutboundLimits(seconds=0.05)
        )


async def test_what_goes_wrong_is_told_without_addresses():
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(Unreachable, match=r"^Its name is not known\.$"):
        await Outbound(Reachable(), resolve=unknown).post("https://no.example/", b"{}", {})
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        with pytest.raises(Unreachable, match=r"^It takes no connection\.$"):
            await Outbound(HERE).post(url, b"{}", {})
    async with receiving(lambda _request: b"SMTP\r\n\r\n") as receiver:
        with pytest.raises(Unreachable, match=r"^It does not speak HTTP\.$"):
            await Outbound(HERE).post(receiver.url, b"{}", {})
    async with receiving(lambda _request: OK[:30]) as receiver:
        with pytest.raises(Unreachable):
            await Outbound(HERE).post(receiver.url, b"{}", {})


async def test_certificates_are_checked(tmp_path: Path):
    certificate = make_certificate(tmp_path)
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(certificate)

    def answer(_request: Received) -> bytes:
        return OK

    async with receiving(answer, tls=theirs) as receiver:
        with pytest.raises(Unreachable, match=r"^TLS failed\.$"):
            await Outbound(HERE).post(receiver.url, b"{}", {})
        assert receiver.requests == []
        ours = ssl.create_default_context(cafile=str(certificate))
        answered = await Outbound(HERE, tls=ours).post(receiver.url, b"{}", {})
        assert answered.status == 200
        # The name in the URL is what the certificate is held to, not the address.
        other = Outbound(HERE, tls=ours, resolve=names("127.0.0.1"))
        url = f"https://other.example:{port_of(receiver.url)}/"
        with pytest.raises(Unreachable, match=r"^TLS failed\.$"):
            await other.post(url, b"{}", {})


def make_certificate(folder: Path) -> Path:
    """For 127.0.0.1, signed by itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    today = datetime.now(UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "receiver.pem"
    path.write_bytes(private + certificate.public_bytes(pem))
    return path
