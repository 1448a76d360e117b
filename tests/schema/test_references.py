from uuid import UUID

from strawberry.dataloader import DataLoader

from trellis.schema.references import load_by_id, load_one

ID = UUID("723b8156-9407-5218-a98b-892bbdf94d89")


def leaves(asked: list[UUID]) -> DataLoader[UUID, str | None]:
    async def load(ids: list[UUID]) -> list[str | None]:
        asked.extend(ids)
        return ["oak" if id == ID else None for id in ids]

    return DataLoader(load)


async def test_what_can_be_nobodys_id_is_not_looked_for():
    asked: list[UUID] = []
    loader = leaves(asked)

    assert [await load_one(loader, id) for id in (str(ID), "7", "")] == ["oak", None, None]
    assert await load_by_id(loader, [{"id": "7"}, {"id": str(ID)}]) == [None, "oak"]
    assert asked == [ID]
