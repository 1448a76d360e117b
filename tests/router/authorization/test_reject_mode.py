"""``[authorization] mode``: one denied field costs its own answer, or the whole operation."""

from typing import Literal

import pytest

from tests.router.authorization.test_denied_fetches import ADA, KEEPER, PEOPLE, SOMEBODY, VAULT
from tests.support.doors import DOORS, open_doors
from tests.support.recording import RecordingTransport
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph

CALLERS = {"somebody": SOMEBODY, "keeper": KEEPER}
QUERY = "{ gold users { name } }"
Mode = Literal["filter", "reject"]


def graph() -> tuple[str, dict[str, RecordingTransport]]:
    composition = compose(
        [Subgraph("people", "http://people", PEOPLE), Subgraph("vault", "http://vault", VAULT)]
    )
    people = RecordingTransport({"data": {"users": [ADA], "me": ADA, "rename": ADA}})
    vault = RecordingTransport({"data": {"gold": 9}})
    return composition.supergraph_sdl, {"people": people, "vault": vault}


@pytest.mark.parametrize("mode", ["filter", "reject"])
@pytest.mark.parametrize("caller", [None, *CALLERS])
async def test_the_mode_decides_what_one_denied_field_costs(mode: Mode, caller: str | None):
    sdl, transports = graph()
    async with open_doors(sdl, transports, CALLERS, authorization={"mode": mode}) as ask:
        for door in DOORS:
            calls = sum(len(each.requests) for each in transports.values())
            heard = await ask(door, QUERY, caller)
            made = sum(len(each.requests) for each in transports.values()) - calls
            if caller == "keeper":
                assert heard.response == {"data": {"gold": 9, "users": [{"name": "Ada"}]}}
                assert (made, heard.status or 200) == (2, 200)
            elif mode == "filter":
                assert heard.response["data"] == {"gold": None, "users": [{"name": "Ada"}]}
                assert (heard.codes, heard.paths) == (["UNAUTHORIZED_FIELD_OR_TYPE"], ["gold"])
                assert (made, heard.status or 200) == (1, 200)
            else:
                code, status = (
                    ("UNAUTHORIZED_FIELD_OR_TYPE", 403) if caller else ("UNAUTHENTICATED", 401)
                )
                assert "data" not in heard.response
                assert heard.codes == [code]
                assert (made, heard.status or status) == (0, status)


@pytest.mark.parametrize("mode", ["filter", "reject"])
@pytest.mark.parametrize("caller", [None, "somebody"])
async def test_a_mutation_is_refused_as_a_whole_in_both_modes(mode: Mode, caller: str | None):
    sdl, transports = graph()
    mutation = "mutation { rename { name secret } }"
    async with open_doors(sdl, transports, CALLERS, authorization={"mode": mode}) as ask:
        for door in ("POST", "batch", "WebSocket"):
            heard = await ask(door, mutation, caller)
            assert "data" not in heard.response
            assert len(heard.codes) == 1
    assert all(each.requests == [] for each in transports.values())
