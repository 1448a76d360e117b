"""The server audits of graphql-http, the reference implementation: all of them pass."""

import asyncio
from collections import Counter

import orjson

from tests.support.npm_clients import CLIENTS, install_clients
from tests.support.services import require_program
from tests.support.serving import served
from tests.support.toy_graph import ToyGraph
from trellis.router.web.csrf import Csrf
from trellis.router.web.errors import Errors
from trellis.router.web.graphql import GraphQLEndpoint
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.services import Services


async def test_every_audit_of_graphql_http_passes():
    node = require_program("node")
    install_clients()
    endpoint = GraphQLEndpoint(Services(graph=ToyGraph(), make_context=ContextMaker((), 30)))
    async with served(Errors(Csrf(endpoint))) as url:
        process = await asyncio.create_subprocess_exec(
            node,
            "http_audits.mjs",
            f"{url}/graphql",
            cwd=CLIENTS,
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await asyncio.wait_for(process.communicate(), 60)
    audits = orjson.loads(output)
    assert [(a["id"], a["name"], a["reason"]) for a in audits if a["status"] != "ok"] == []
    assert Counter(a["status"] for a in audits) == {"ok": 61}
