"""What only routers may ask subgraphs is not to be had from the router, through whatever door."""

from collections.abc import AsyncIterator

import pytest

from tests.support.doors import DOORS, Ask, open_doors
from tests.support.office import MEMBERS, composed_office
from tests.support.rest_routes import route
from trellis.router.errors import ConfigError
from trellis.router.rest.profiles import PROFILES
from trellis.router.supergraph import Supergraph
from trellis.router.transports.local import LocalTransport
from trellis.schema.identity import Identity

CALLERS = {"root": Identity(username="root", roles=frozenset({"admin"}))}
ENTITIES = '_entities(representations: [{__typename: "Project", id: "1"}])'
FORGED = {
    "entities": f"{{ {ENTITIES} {{ ... on Project {{ name }} }} }}",
    "entities under another name": f"{{ project: {ENTITIES} {{ __typename }} }}",
    "entities in a fragment": f"{{ ...f }} fragment f on Query {{ {ENTITIES} {{ __typename }} }}",
    "entities behind a condition": f"{{ {ENTITIES} @include(if: false) {{ __typename }} }}",
    "entities in a mutation": f"mutation {{ {ENTITIES} {{ __typename }} }}",
    "entities by a variable": "query($r: [_Any!]! = []) { _entities(representations: $r) "
    "{ __typename } }",
    "the schema of a subgraph": "{ _service { sdl } }",
    "the schema beside a good field": "{ report _service { sdl } }",
}


@pytest.fixture(scope="module")
async def ask() -> AsyncIterator[Ask]:
    transports = {member.name: LocalTransport(member) for member in MEMBERS}
    async with open_doors(composed_office(), transports, CALLERS) as ask:
        yield ask


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("what", FORGED)
async def test_no_door_answers_them(ask: Ask, door: str, what: str):
    for caller in (None, "root"):
        heard = await ask(door, FORGED[what], caller)
        assert set(heard.codes) == {"GRAPHQL_VALIDATION_FAILED"}
        assert not heard.response.get("data")
        assert "@key" not in str(heard.response)


@pytest.mark.parametrize("what", FORGED)
def test_no_stored_operation_asks_them(what: str):
    head, _, rest = FORGED[what].partition("{")
    named = f"query Forged{head}".replace("query Forgedquery", "query Forged")
    named = named.replace("query Forgedmutation", "mutation Forged")
    stored = f'{named} @rest(method: POST, path: "/api/v1/forged") {{{rest}'
    with pytest.raises(ConfigError, match=r"_entities|_service|_Any"):
        route(Supergraph.load(composed_office()), next(iter(PROFILES)), stored)


async def test_introspection_does_not_know_them(ask: Ask):
    document = "{ __schema { types { name fields { name } } } }"
    heard = await ask("POST", document, "root")
    types = heard.response["data"]["__schema"]["types"]
    names = {type_["name"] for type_ in types}
    names |= {field["name"] for type_ in types for field in type_["fields"] or ()}
    assert names.isdisjoint({"_entities", "_service", "_Any", "_Entity", "_Service", "sdl"})
