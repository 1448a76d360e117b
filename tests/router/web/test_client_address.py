"""From which address a client calls: told by trusted proxies, and by nobody else."""

from typing import Any

import pytest
from pydantic import ValidationError

from trellis.router.config import Http
from trellis.router.web.client_address import ClientAddress, current_client_address, read_address
from trellis.router.web.request_context import ContextMaker

PROXIES = ("10.0.0.0/8", "2001:db8:1::/48", "unix")
CLIENT = "203.0.113.9"


async def seen(
    *lines: str,
    peer: str | None = "10.0.0.1",
    header: str = "x-forwarded-for",
    proxies: tuple[str, ...] = PROXIES,
    kind: str = "http",
) -> str | None:
    """The address that doors, subgraphs and log lines get."""
    found: list[str | None] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        address = ContextMaker((), 30)(scope).client_address
        assert current_client_address.get() == address
        found.append(address)

    scope = {
        "type": kind,
        "headers": [(header.encode(), line.encode("latin-1")) for line in lines],
        "client": (peer, 1234) if peer is not None else None,
    }
    http = Http(trusted_proxies=proxies, client_address_header=header)  # pyright: ignore
    await ClientAddress(app, http)(scope, None, None)  # pyright: ignore[reportArgumentType]
    if scope["client"] not in ((peer, 1234), None):
        assert scope["client"] == (found[0], 0)  # nobody tells the client's port
    [address] = found
    return address


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_the_header_of_a_trusted_proxy_is_used(kind: str):
    assert await seen(CLIENT, kind=kind) == CLIENT


async def test_headers_of_other_peers_are_ignored():
    assert await seen(CLIENT, peer="198.51.100.1") == "198.51.100.1"
    assert await seen(CLIENT, peer=None, proxies=("10.0.0.0/8",)) is None
    assert await seen(CLIENT, peer="10.0.0.1", proxies=()) == "10.0.0.1"
    assert await seen(CLIENT, peer="testclient") == "testclient"


async def test_a_network_may_be_given_by_any_of_its_addresses():
    assert await seen(CLIENT, proxies=("10.7.7.7/8",)) == CLIENT


async def test_only_the_end_of_a_long_header_is_read():
    proxy = f"for=10.1.1.1;host={'x' * 500}"
    for count, address in ((2, CLIENT), (30, "10.1.1.1")):
        line = ", ".join([f"for={CLIENT}", *[proxy] * count])
        assert await seen(line, header="forwarded") == address


async def test_connections_over_a_unix_socket_can_be_trusted():
    assert await seen(CLIENT, peer=None) == CLIENT
    assert await seen(peer=None) is None


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        (["6.6.6.6, 203.0.113.9"], CLIENT),
        (["6.6.6.6, 203.0.113.9, 10.1.1.1,10.2.2.2"], CLIENT),
        (["6.6.6.6", "203.0.113.9", "10.1.1.1"], CLIENT),
        (["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
        (["6.6.6.6, 2001:db8:1::7"], "6.6.6.6"),
    ],
    ids=["invented", "two more proxies", "several lines", "a client inside", "IPv6 proxy"],
)
async def test_the_client_is_the_right_most_address_that_is_not_a_proxy(
    lines: list[str], address: str
):
    assert await seen(*lines) == address


@pytest.mark.parametrize(
    "junk",
    ["", ",", ", ,", "unknown", "_hidden", "localhost", "999.1.1.1", "1.2.3", "1.2.3.4:x", "[::1"]
    + ["fe80::1%eth0", "::1::2", "' OR 1=1", "\x00", "\xff" * 40, "${jndi:ldap://x}", "1" * 5000]
    + ["1.2.3.4:99999999", "0x7f000001", "2130706433", "[1.2.3.4]"],
)
async def test_addresses_to_the_left_of_an_invalid_one_are_ignored(junk: str):
    assert await seen(junk) == "10.0.0.1"
    assert await seen(f"6.6.6.6,{junk}") == "10.0.0.1"
    assert await seen(f"{junk},{CLIENT}") == CLIENT
    assert await seen(junk, header="forwarded") == "10.0.0.1"


@pytest.mark.parametrize("hops", [1, 48, 49])
async def test_at_most_fifty_hops_are_read(hops: int):
    assert await seen(",".join([CLIENT] + ["10.0.0.1"] * hops)) == CLIENT
    assert await seen(",".join([CLIENT] + ["10.0.0.1"] * 50)) == "10.0.0.1"


async def test_at_most_four_thousand_characters_of_the_header_are_read():
    spaces = 4096 - len(CLIENT) - len(",10.0.0.1")
    assert await seen(CLIENT + " " * spaces + ",10.0.0.1") == CLIENT
    for more in (1, 2, 3, 5_000):  # 3.0.113.9 would be somebody else
        assert await seen(CLIENT + " " * (spaces + more) + ",10.0.0.1") == "10.0.0.1"


async def test_long_headers_are_truncated_and_read_quickly():
    assert await seen(",".join([CLIENT] + ["10.0.0.1"] * 20_000)) == "10.0.0.1"
    assert await seen('for="' * 20_000, header="forwarded") == "10.0.0.1"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("203.0.113.9", CLIENT),
        (" 203.0.113.9:4711\t", CLIENT),
        ("2001:DB8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("::ffff:203.0.113.9", CLIENT),
    ],
)
def test_all_forms_of_addresses_are_read(text: str, address: str):
    assert str(read_address(text)) == address


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("for=203.0.113.9", CLIENT),
        ('For="203.0.113.9:4711";proto=https;by=10.0.0.1', CLIENT),
        ('proto=http; for="[2001:db8::1]:4711"', "2001:db8::1"),
        ("for=6.6.6.6, for=203.0.113.9, for=10.1.1.1", CLIENT),
        ('for="6.6.6.6, for=7.7.7.7", for=203.0.113.9', CLIENT),
        ("for=203.0.113.9, proto=https", "10.0.0.1"),
        ("for=_secret, for=10.1.1.1", "10.1.1.1"),
        ('for=6.6.6.6, for="203.0.113.9', "10.0.0.1"),
        ("by=203.0.113.9", "10.0.0.1"),
    ],
)
async def test_the_standard_header_is_read_where_it_is_configured(line: str, address: str):
    assert await seen(line, header="forwarded") == address


async def test_the_header_that_is_not_configured_is_not_read():
    found: list[Any] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        found.append(scope["client"])

    scope = {
        "type": "http",
        "headers": [(b"forwarded", b"for=6.6.6.6"), (b"x-real-ip", b"6.6.6.6")],
        "client": ("10.0.0.1", 1234),
    }
    await ClientAddress(app, Http(trusted_proxies=PROXIES))(scope, None, None)  # pyright: ignore
    assert found == [("10.0.0.1", 1234)]


@pytest.mark.parametrize("proxy", ["proxy.example", "10.0.0.0/33", "", "UNIX"])
def test_an_invalid_proxy_network_is_a_configuration_error(proxy: str):
    with pytest.raises(ValidationError):
        Http(trusted_proxies=(proxy,))
