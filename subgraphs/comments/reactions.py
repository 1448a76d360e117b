"""The SELECTs of reactions to comments that the caller has seen already."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import case, func
from sqlalchemy import select as select_columns
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.schema.identity import Identity
from trellis.subgraphs.comments.models import Reaction, ReactionType

MOST_PEOPLE = 100


@dataclass(frozen=True, slots=True)
class ReactionsOfAType:
    """All reactions of one type to a comment."""

    comment_id: UUID
    type: ReactionType
    count: int
    has_mine: bool


async def reactions_by_comment(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[list[ReactionsOfAType]]:
    """By type, in the order of their first reactions."""
    kinds = col(Reaction.comment_id), col(Reaction.type)
    mine = func.max(case((col(Reaction.user_id) == caller.id, 1), else_=0))
    counted = await session.execute(
        select(*kinds, func.count(), mine)
        .where(col(Reaction.comment_id).in_(ids))
        .group_by(*kinds)
        .order_by(func.min(col(Reaction.created_at)), col(Reaction.type))
    )
    found: dict[UUID, list[ReactionsOfAType]] = {id: [] for id in ids}
    for comment_id, type, count, has_mine in counted:
        group = ReactionsOfAType(comment_id, ReactionType(type), count, bool(has_mine))
        found[comment_id].append(group)
    return [found[id] for id in ids]


async def people_by_reaction(
    session: AsyncSession, keys: Sequence[tuple[UUID, ReactionType]]
) -> list[list[UUID]]:
    """The people with that reaction to that comment, earliest first: ``MOST_PEOPLE`` of them."""
    kinds = col(Reaction.comment_id), col(Reaction.type)
    order = col(Reaction.created_at), col(Reaction.user_id)
    place = func.row_number().over(partition_by=kinds, order_by=order).label("place")
    numbered = (
        select(*kinds, col(Reaction.user_id), place)
        .where(col(Reaction.comment_id).in_({id for id, _ in keys}))
        .subquery()
    )
    rows = await session.execute(
        select_columns(numbered).where(numbered.c.place <= MOST_PEOPLE).order_by(numbered.c.place)
    )
    found: dict[tuple[UUID, ReactionType], list[UUID]] = {key: [] for key in keys}
    for comment_id, type, user_id, _ in rows:
        found.setdefault((comment_id, ReactionType(type)), []).append(user_id)
    return [found[key] for key in keys]
