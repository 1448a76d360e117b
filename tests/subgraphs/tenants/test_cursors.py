"""Cursors that nobody handed out, or that were handed out elsewhere."""

import base64
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from graphql import GraphQLObjectType, ast_from_value, get_named_type, print_ast

from tests.subgraphs.tenants.arguments import required
from tests.subgraphs.tenants.asking import below, entrances
from tests.subgraphs.tenants.callers import BOSS
from tests.subgraphs.tenants.tenant import HERE, THERE
from tests.subgraphs.tenants.world import shared_supergraph, world_of
from trellis.db.settings import DataSettings
from trellis.schema.paging import encode_cursor

FOR_ADMINISTRATORS = ("auditLog", "allUsers")
MOMENT, ID = THERE.at(1).isoformat(), str(THERE.id("issue", 1))
VALUES: tuple[Any, ...] = (
    [],
    [None],
    [1],
    ["x"],
    [2**63],
    [1.5],
    [True],
    [{}],
    [MOMENT],
    [MOMENT, "x"],
    [MOMENT, None],
    ["x", ID],
    [None, ID],
    [1, ID],
    [True, False],
    [[MOMENT], ID],
    ["2020-01-01T00:00:00", ID],
    ["9999-99-99T00:00:00Z", ID],
    [MOMENT, ID, ID],
    {"created_at": MOMENT, "id": ID},
    "text",
)
TEXTS = ("", "x", "====", "bm90IGpzb24", "\x00", "W10", "%", "a" * 5000, "WyJ\ud7ff", ID)


def lists() -> Iterator[tuple[str, str]]:
    """Every connection: its name, and how it is asked with ``%s`` for the arguments."""
    query = shared_supergraph()[0].schema.query_type
    assert query is not None
    for name, field in query.fields.items():
        if "after" in field.args and name not in FOR_ADMINISTRATORS:
            needed = required(field.args, "Query", HERE)
            given = "".join(
                f"{name}: {print_ast(ast)}, "
                for name, value in needed.items()
                if (ast := ast_from_value(value, field.args[name].type))
            )
            yield f"Query.{name}", f"{{ {name}({given}%s) {{ totalCount edges {{ cursor }} }} }}"
    for owner, start in entrances().items():
        type_ = shared_supergraph()[0].schema.type_map[owner]
        assert isinstance(type_, GraphQLObjectType)
        for name, field in type_.fields.items():
            if "after" in field.args and "edges" in get_named_type(field.type).fields:
                call = f"{name}(%s) {{ totalCount edges {{ cursor }} }}"
                yield f"{owner}.{name}", f"{{ {below(start, call)} }}"


def edited(cursor: str, chance: random.Random) -> str:
    """The cursor with one byte changed."""
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(7)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


async def test_a_forged_cursor_is_refused_or_a_place_among_ones_own(tmp_path: Path):
    chance = random.Random(7)
    forged = [*TEXTS, *(base64.urlsafe_b64encode(orjson.dumps(v)).decode() for v in VALUES)]
    async with world_of((HERE, THERE), DataSettings(data_dir=tmp_path)) as world:
        for label, document in lists():
            genuine = encode_cursor([HERE.at(1).isoformat(), str(HERE.id("issue", 1))])
            tried = [*forged, *(edited(genuine, chance) for _ in range(5))]
            for cursor in chance.sample(tried, 8):
                asked = document % f"after: {orjson.dumps(cursor).decode()}"
                told = await world.ask(asked, BOSS)
                codes = [error["extensions"]["code"] for error in told["errors"]]
                assert codes in ([], ["BAD_USER_INPUT"]), (label, cursor, told)
                leaked = [mark for mark in THERE.marks if mark in str(told).lower()]
                assert leaked == [], (label, cursor)


def test_there_are_lists_to_try():
    assert len(list(lists())) > 15
