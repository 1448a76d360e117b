"""Operations of comments that many tests ask, and what they ask them about."""

from typing import Any

from tests.support.subgraphs import Running, caller
from trellis.db.outbox import Envelope
from trellis.db.seed.world import demo_id

ENG, HOP = str(demo_id("project", "ENG")), str(demo_id("project", "HOP"))
ON_ENG = {"type": "PROJECT", "id": ENG}

PARTS = """id content author { id } subjectType subjectId parentId isEdited version
  mentions { handle user { id } } reactions { type count hasMine users { id } }"""
CREATE = (
    f"mutation($i: CreateCommentInput!) {{ createComment(input: $i) {{ comment {{ {PARTS} }} }} }}"
)
UPDATE = f"""mutation($id: ID!, $i: UpdateCommentInput!) {{
  updateComment(id: $id, input: $i) {{ comment {{ {PARTS} }} }} }}"""
DELETE = "mutation($id: ID!) { deleteComment(id: $id) { deletedCommentId } }"
REACT = f"""mutation($id: ID!, $t: ReactionType!) {{
  addReaction(id: $id, type: $t) {{ comment {{ {PARTS} }} }} }}"""
TAKE_BACK = f"""mutation($id: ID!, $t: ReactionType!) {{
  removeReaction(id: $id, type: $t) {{ comment {{ {PARTS} }} }} }}"""
LIST = """query($s: CommentSubjectInput!, $first: Int, $after: String) {
  comments(subject: $s, first: $first, after: $after) {
    totalCount edges { node { id content parentId } cursor } pageInfo { hasNextPage } } }"""


def user(name: str) -> str:
    return str(demo_id("user", name))


def subject(kind: str, name: str) -> dict[str, str]:
    """Of a demo thing: ``subject("task", "ENG-1")``."""
    return {"type": kind.upper(), "id": str(demo_id(kind, name))}


async def create(
    comments: Running, content: str = "Oiled.", who: str = "alan", **members: Any
) -> dict[str, Any]:
    """A new comment, on ENG unless ``on`` is another subject."""
    on = members.pop("on", ON_ENG)
    given = {"subjectType": on["type"], "subjectId": on["id"], "content": content, **members}
    return (await comments.ask(CREATE, caller(who), i=given))["createComment"]["comment"]


async def refuse(
    comments: Running, content: str = "Oiled.", who: str = "alan", **members: Any
) -> dict[str, Any]:
    """The extensions of the error that ``create`` with the same arguments gets."""
    on = members.pop("on", ON_ENG)
    given = {"subjectType": on["type"], "subjectId": on["id"], "content": content, **members}
    return await comments.refusal(CREATE, caller(who), i=given)


async def texts(comments: Running, on: dict[str, str], who: str = "alan") -> list[str]:
    """What is written on a subject, in its order."""
    found = (await comments.ask(LIST, caller(who), s=on, first=100))["comments"]
    assert found["totalCount"] == len(found["edges"])
    return [edge["node"]["content"] for edge in found["edges"]]


async def events(comments: Running) -> list[Envelope]:
    return list(await comments.bus.read_after("comments", "0", 500))
