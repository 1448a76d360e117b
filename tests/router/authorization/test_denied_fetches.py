"""What is denied is not fetched, from composition to answer; nulls follow the GraphQL rule."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from tests.support.recording import RecordingTransport
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import answer
from trellis.router.supergraph import Supergraph
from trellis.router.transports.function import FunctionTransport
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.request import RequestContext

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.11", '
    'import: ["@key", "@authenticated", "@requiresScopes"])'
)
PEOPLE = f"""{LINK}
type Query {{ me: User, users: [User!]!, strict: User! }}
type Mutation {{ rename(name: String): User, reset: Boolean @authenticated }}
type User @key(fields: "id") {{ id: ID!, name: String }}
"""
VAULT = f"""{LINK}
type Query {{ gold: Int @requiresScopes(scopes: [["vault"]]) }}
type User @key(fields: "id") {{
  id: ID!
  secret: String @requiresScopes(scopes: [["vault"]])
  pin: Int! @requiresScopes(scopes: [["vault"]])
}}
"""
ADA = {"id": "1", "__typename": "User", "name": "Ada"}
SOMEBODY = Identity(id=UUID(int=1))
KEEPER = Identity(id=UUID(int=2), scopes=frozenset({"vault"}))


class Bank:
    """The supergraph of both, whose subgraphs answer everything with Ada and count their calls."""

    def __init__(self) -> None:
        self.calls = {"people": 0, "vault": 0}
        composition = compose(
            [Subgraph("people", "http://people", PEOPLE), Subgraph("vault", "http://vault", VAULT)]
        )
        assert composition.supergraph_sdl, composition.errors
        transports = {
            "people": FunctionTransport(self._people),
            "vault": FunctionTransport(self._vault),
        }
        self._supergraph = Supergraph.load(composition.supergraph_sdl, transports=transports)

    async def ask(self, query: str, identity: Identity) -> Any:
        context = RequestContext(identity)
        return await answer(GraphQLRequest(query), context, self._supergraph)

    async def _people(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        self.calls["people"] += 1
        assert "secret" not in query
        assert "pin" not in query
        data = {"me": ADA, "users": [ADA, ADA], "strict": ADA, "rename": ADA, "reset": True}
        return {"data": data}

    async def _vault(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        self.calls["vault"] += 1
        found = [{"secret": "s", "pin": 7} for _ in variables.get("representations", [1])]
        entities = {"_entities": found, "e0": found, "_0": found}
        return {"data": {"gold": 9, **entities}}


SHAPES = [
    ("{ me { name secret } }", {"me": {"name": "Ada", "secret": None}}, ["me.secret"], 1),
    ("{ me { secret } users { name } }", None, ["me.secret"], 1),
    ("{ me { name pin } }", {"me": None}, ["me.pin"], 1),
    (
        "{ users { name secret } }",
        {"users": [{"name": "Ada", "secret": None}] * 2},
        ["users.secret"],
        1,
    ),
    ("{ users { name pin } }", "null", ["users.pin"], 1),
    ("{ strict { name pin } }", "null", ["strict.pin"], 1),
    ("{ gold me { name } }", {"gold": None, "me": {"name": "Ada"}}, ["gold"], 1),
    ("{ gold }", {"gold": None}, ["gold"], 0),
    ("{ me { secret pin } gold }", {"me": None, "gold": None}, ["me.secret", "me.pin", "gold"], 0),
    ("{ users { secret } }", "null", ["users.secret"], 0),
]


@pytest.mark.parametrize(("query", "data", "paths", "people_calls"), SHAPES)
async def test_what_is_denied_is_null_and_its_owner_is_not_asked(
    query: str, data: Any, paths: list[str], people_calls: int
):
    bank = Bank()
    result = await bank.ask(query, SOMEBODY)
    errors = result.errors
    assert [".".join(error["path"]) for error in errors] == paths
    assert {error["extensions"]["code"] for error in errors} == {"UNAUTHORIZED_FIELD_OR_TYPE"}
    if data is not None:
        assert result.to_dict()["data"] == (None if data == "null" else data)
    assert bank.calls == {"people": people_calls, "vault": 0}


async def test_an_object_of_which_only_denied_fields_are_asked_is_still_there():
    result = await Bank().ask("{ me { secret } users { name } }", SOMEBODY)
    assert result.to_dict()["data"] == {
        "me": {"secret": None},
        "users": [{"name": "Ada"}, {"name": "Ada"}],
    }


async def test_the_plan_of_one_caller_is_not_the_plan_of_another():
    bank, query = Bank(), "{ gold me { name } }"
    for identity, gold in ((SOMEBODY, None), (KEEPER, 9), (SOMEBODY, None), (KEEPER, 9)):
        data = (await bank.ask(query, identity)).to_dict()["data"]
        assert data == {"gold": gold, "me": {"name": "Ada"}}
    assert bank.calls == {"people": 4, "vault": 2}


@pytest.mark.parametrize(
    ("query", "identity", "code", "status"),
    [
        ("{ gold }", ANONYMOUS, "UNAUTHENTICATED", 401),
        ("{ me { secret } }", ANONYMOUS, "UNAUTHENTICATED", 401),
        ("mutation { reset }", ANONYMOUS, "UNAUTHENTICATED", 401),
        ("mutation { rename { name secret } }", SOMEBODY, "UNAUTHORIZED_FIELD_OR_TYPE", 403),
        ("mutation { rename { name } reset }", ANONYMOUS, "UNAUTHENTICATED", 401),
    ],
)
async def test_a_refused_operation_reaches_no_subgraph(
    query: str, identity: Identity, code: str, status: int
):
    bank = Bank()
    for _ in range(2):
        result = await bank.ask(query, identity)
        assert [error["extensions"]["code"] for error in result.errors] == [code]
        assert (result.status, result.executed) == (status, False)
        assert "data" not in result.to_dict()
    assert bank.calls == {"people": 0, "vault": 0}


async def test_a_denied_typename_does_not_tell_that_such_an_object_exists():
    sdl = f"""{LINK}
    type Query {{ any: [Any], one: Any, open: Int }}
    union Any = Note | Secret
    type Note {{ text: String }}
    type Secret @requiresScopes(scopes: [["vault"]]) {{ word: String }}
    """
    found = [{"__typename": "Note"}, {"__typename": "Secret"}]
    transport = RecordingTransport({"data": {"any": found, "one": found[1], "open": 1}})
    composition = compose([Subgraph("one", "http://one", sdl)])
    supergraph = Supergraph.load(composition.supergraph_sdl, transports={"one": transport})
    request = GraphQLRequest("{ open any { __typename } one { kind: __typename } }")

    denied = await answer(request, RequestContext(SOMEBODY), supergraph)

    assert denied.data == {"open": 1, "any": [None, None], "one": None}
    assert [error["path"] for error in denied.errors] == [["any", "__typename"], ["one", "kind"]]


async def test_a_protected_key_leads_to_open_fields_and_stays_hidden():
    here = """
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.8",
      import: ["@key", "@authenticated"])
    type Query { thing: Thing }
    type Thing @key(fields: "id") { id: ID @authenticated  name: String }
    """
    there = here.replace("type Query { thing: Thing }", "").replace("name: String", "size: Int")
    composition = compose(
        [
            Subgraph("here", "http://here", here),
            Subgraph("there", "http://there", there.replace("id: ID @authenticated", "id: ID")),
        ]
    )
    assert composition.is_ok, composition.errors
    first = RecordingTransport({"data": {"thing": {"__typename": "Thing", "id": "7", "name": "a"}}})
    second = RecordingTransport({"data": {"_entities": [{"size": 3}]}})
    supergraph = Supergraph.load(
        composition.supergraph_sdl, transports={"here": first, "there": second}
    )
    request = GraphQLRequest("{ thing { id size } }")
    result = await answer(request, RequestContext(ANONYMOUS), supergraph)
    assert result.data == {"thing": {"id": None, "size": 3}}
    assert [error["path"] for error in result.errors] == [["thing", "id"]]
    (asked,) = second.requests
    assert {"__typename": "Thing", "id": "7"} in next(iter(asked.variables.values()))
    refused = await answer(
        GraphQLRequest("{ thing { id } }"), RequestContext(ANONYMOUS), supergraph
    )
    assert (refused.status, len(first.requests)) == (401, 1)
