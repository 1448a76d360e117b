"""Members of input objects that decide who may what, what is paid for and where something belongs:
they cannot be set by those who must not."""

from collections.abc import AsyncIterator, Mapping
from importlib import import_module

import pytest
from graphql import GraphQLInputObjectType, get_named_type, is_enum_type

from tests.subgraphs.tenants.attempts import Attempt
from tests.subgraphs.tenants.callers import CALLERS
from tests.subgraphs.tenants.domains import NAMES
from tests.subgraphs.tenants.tenant import HERE
from tests.subgraphs.tenants.world import World, shared_supergraph, world_of
from trellis.db.settings import DataSettings

SCHEMA = shared_supergraph()[0].schema
WORDS = (
    "role",
    "permission",
    "scope",
    "tier",
    "price",
    "amount",
    "status",
    "isactive",
    "tenant",
) + ("organizationid", "owner", "leadid", "createdby", "reporter", "author", "verified", "premium")
"""A member is protected when one of these is in its name, or when it is of an enum."""

_TOLD = [import_module(f"tests.subgraphs.{name}.protected") for name in NAMES]
HARMLESS: Mapping[str, str] = {k: why for told in _TOLD for k, why in told.HARMLESS.items()}
PROTECTED: Mapping[str, tuple[Attempt, ...]] = {
    member: attempts for told in _TOLD for member, attempts in told.PROTECTED.items()
}


def protected_members() -> set[str]:
    """Every one that the schema has."""
    return {
        f"{type_.name}.{name}"
        for type_ in SCHEMA.type_map.values()
        if isinstance(type_, GraphQLInputObjectType)
        for name, member in type_.fields.items()
        if is_enum_type(get_named_type(member.type)) or any(w in name.lower() for w in WORDS)
    }


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    settings = DataSettings(data_dir=tmp_path_factory.mktemp("world"))
    async with world_of((HERE,), settings) as world:
        yield world


def test_every_protected_member_is_tried_or_known_to_be_harmless():
    assert protected_members() == set(PROTECTED) | set(HARMLESS)


@pytest.mark.parametrize("member", PROTECTED)
async def test_it_cannot_be_set_by_those_who_must_not(world: World, member: str):
    before = await world.rows(HERE.marks)
    for attempt in PROTECTED[member]:
        assert f"'{member.rpartition('.')[2]}'" in str(attempt.value)
        given = f"id: {_text(attempt.id)}, input: $i" if attempt.id else "input: $i"
        document = (
            f"mutation($i: {attempt.input}!) {{ {attempt.mutation}({given}) {{ __typename }} }}"
        )
        for who in attempt.callers:
            told = await world.ask(document, CALLERS[who], i=attempt.value)
            codes = [error["extensions"]["code"] for error in told["errors"]]
            assert codes == [attempt.code], (who, told)
    assert await world.rows(HERE.marks) == before


def _text(id: str) -> str:
    return f'"{id}"'
