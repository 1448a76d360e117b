"""The input types of chat, and how they are checked."""

import re
from typing import Any
from uuid import UUID

import strawberry
from strawberry import ID, UNSET

from trellis.schema.errors import BadUserInput, FieldProblem
from trellis.schema.inputs import Id, InputProblems, known_id
from trellis.subgraphs.chat.errors import ChannelNotFound
from trellis.subgraphs.chat.models import (
    MAX_ATTACHMENTS,
    MAX_CONTENT,
    REACTION_PATTERN,
    ChannelKind,
    ChannelName,
    Description,
    Language,
    MemberRole,
    MessageText,
    MessageType,
    PresenceStatus,
)
from trellis.subgraphs.chat.use_cases.channels import NewChannel
from trellis.subgraphs.chat.use_cases.messages import NewMessage

# Models know nothing of GraphQL: here they become known to it.
strawberry.enum(ChannelKind)
strawberry.enum(MemberRole, name="ChannelRole")
strawberry.enum(MessageType)
strawberry.enum(PresenceStatus)

MAX_PEOPLE_AT_ONCE = 100
_CHOSEN_TYPES = (MessageType.TEXT, MessageType.CODE)


@strawberry.input
class CreateChannelInput:
    name: ChannelName
    description: Description = None
    is_private: bool = strawberry.field(
        default=True, description="visible to members only, and joined by invitation only"
    )
    member_ids: list[ID] | None = strawberry.field(
        default=None, description="people of the same organization, in addition to the caller"
    )

    def checked(self) -> NewChannel:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        people = ids(problems, "memberIds", self.member_ids or [], MAX_PEOPLE_AT_ONCE)
        return problems.make(NewChannel, self, member_ids=people)


@strawberry.input(description="Members that are absent are not changed; null clears a member.")
class UpdateChannelInput:
    name: ChannelName | None = UNSET
    description: Description = UNSET
    is_private: bool | None = UNSET
    version: int | None = strawberry.field(
        default=None, description="the expected version of the channel; another one is a conflict"
    )

    def checked(self) -> dict[str, Any]:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        needed = ["name", "is_private"]
        changes = problems.members(self, skip=["version"], never_null=needed)
        problems.raise_any()
        return changes


@strawberry.input(description="Members mentioned as @username are notified.")
class SendMessageInput:
    channel_id: ID
    content: MessageText
    type: MessageType | None = strawberry.field(
        default=None, description="TEXT or CODE; by default TEXT, or FILE if there are attachments"
    )
    language: Language = strawberry.field(
        default=None, description="the language of code, for syntax highlighting: python, sql"
    )
    reply_to_id: Id | None = strawberry.field(
        default=None, description="a message of the same channel"
    )
    attachments: list[ID] | None = strawberry.field(
        default=None, description=f"files of the caller, {MAX_ATTACHMENTS} at most"
    )

    def checked(self) -> tuple[UUID, NewMessage]:
        """The channel and the message. Raises ``BadUserInput`` with everything that is not
        acceptable, and ``ChannelNotFound``."""
        problems = InputProblems()
        channel_id = known_id(self.channel_id, ChannelNotFound)
        files = ids(problems, "attachments", self.attachments or [], MAX_ATTACHMENTS)
        type = self.type or (MessageType.FILE if files else MessageType.TEXT)
        if self.type is not None and self.type not in _CHOSEN_TYPES:
            problems.add("type", "INVALID_ENUM_VALUE", "type must be one of: text, code.")
        if self.language and type is not MessageType.CODE:
            problems.add("language", "INVALID_FORMAT", "language is for messages of type code.")
        instead: dict[str, Any] = {"type": type, "attachments": files}
        if type is MessageType.CODE:
            instead["content"] = _indented(problems, self.content)
        return channel_id, problems.make(NewMessage, self, **instead)


@strawberry.input
class EditMessageInput:
    content: MessageText
    language: Language = strawberry.field(
        default=UNSET, description="the language of code; if absent, it is not changed"
    )
    version: int | None = strawberry.field(
        default=None, description="the expected version of the message; another one is a conflict"
    )

    def checked(self) -> dict[str, Any]:
        """What is to be changed. Raises ``BadUserInput`` with everything that is not
        acceptable."""
        problems = InputProblems()
        given = problems.members(self, skip=["version", "content"])
        content = _indented(problems, self.content)
        problems.raise_any()
        return {**given, "content": content}


def _indented(problems: InputProblems, content: str) -> str:
    """The content without empty lines around it; the first line keeps its indentation, which
    belongs to code and counts."""
    lines = content.rstrip().split("\n")
    begin = next((index for index, line in enumerate(lines) if line.strip()), 0)
    kept = "\n".join(lines[begin:])
    if len(kept) > MAX_CONTENT:
        message = f"content may have {MAX_CONTENT} characters at most."
        problems.add("content", "VALUE_TOO_LONG", message)
    else:
        problems.text("content", kept, maximum=MAX_CONTENT)
    return kept


def ids(problems: InputProblems, field: str, given: list[ID], most: int) -> list[UUID]:
    """Different ids, ``most`` of them."""
    if len(given) > most:
        problems.add(field, "VALUE_TOO_LONG", f"{field} may have {most} items at most.")
        return []
    found = [problems.id(f"{field}.{index}", one) for index, one in enumerate(given)]
    return list(dict.fromkeys(found))


def reaction(type: str) -> str:
    """Raises ``BadUserInput`` unless it is the name of a sign, such as ``thumbs_up``."""
    if re.fullmatch(REACTION_PATTERN, type) is None:
        message = "type must be the name of an emoji in lower case, such as thumbs_up."
        raise BadUserInput(message, [FieldProblem("type", "INVALID_FORMAT", message)])
    return type
