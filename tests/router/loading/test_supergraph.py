"""What successive supergraphs share about the subgraphs in other processes."""

import asyncio

import pytest

from tests.support.shared import ROOT
from trellis.router.config import Config, SubgraphSource
from trellis.router.errors import SubgraphUnavailable
from trellis.router.loading.members import load_member
from trellis.router.loading.supergraph import transport_to
from trellis.router.transports.base import SubgraphRequest
from trellis.router.transports.breakers import CircuitBreakers

SDL = ROOT / "schema" / "subgraphs" / "issues.graphql"


async def test_a_reload_brings_no_new_retries():
    """Otherwise an overloaded subgraph would get a burst of retries with each reload."""
    requests = 0

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        await reader.readuntil(b"\r\n\r\n")
        requests += 1
        writer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    config = Config()
    breakers = CircuitBreakers(config.traffic)
    while breakers.budget_of("issues").spend():
        pass
    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        source = SubgraphSource(
            url=f"http://127.0.0.1:{port}/", schema_file=SDL, service_token=False
        )
        member = load_member("issues", source)
        # As each reload does: a new transport with the breakers of the process.
        transport = transport_to(member, config, breakers)
        with pytest.raises(SubgraphUnavailable):
            await transport.send(SubgraphRequest("issues", "{ __typename }"))
        await transport.aclose()

    assert requests == 1
