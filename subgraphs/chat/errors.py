"""What may go wrong with chat."""

from uuid import UUID

from trellis.db.replica import MissingInReplica
from trellis.schema.errors import (
    BadUserInput,
    Conflict,
    EntitlementRequired,
    FieldProblem,
    Forbidden,
    NotFound,
)
from trellis.schema.events.accounts import STREAM as ACCOUNTS
from trellis.schema.events.files import STREAM as FILES
from trellis.schema.events.learning import STREAM as LEARNING


class ChannelNotFound(MissingInReplica, NotFound):
    """Also the answer for a channel that the caller may not know of, such as that of a course which
    the caller has enrolled in a moment ago."""

    stream = LEARNING

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such channel.", id=str(id))


class MessageNotFound(NotFound):
    """Also the answer for a message that the caller may not know of."""

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such message.", id=str(id))


class PersonNotFound(MissingInReplica, NotFound):
    """Also the answer for somebody whom the caller cannot write to."""

    stream = ACCOUNTS

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no user with this id to whom you can write.", id=str(id))


class NotPermitted(Forbidden):
    """The caller sees it but may not do that with it."""

    def __init__(self, needed: str) -> None:
        super().__init__(f"Only {needed} may do this.")


class NotAMember(Forbidden):
    def __init__(self) -> None:
        super().__init__("Only members may do this: join the channel first.")


class ChannelArchived(Conflict):
    def __init__(self) -> None:
        super().__init__("The channel is archived: it can only be read.")


class ChannelChanged(Conflict):
    def __init__(self, current: int) -> None:
        message = "The channel was changed meanwhile. Read it again and retry."
        super().__init__(message, currentVersion=current)


class MessageChanged(Conflict):
    def __init__(self, current: int) -> None:
        message = "The message was changed meanwhile. Read it again and retry."
        super().__init__(message, currentVersion=current)


class OwnerStays(Conflict):
    def __init__(self) -> None:
        super().__init__("The owner cannot leave: transfer the ownership first.")


class KeptByCourse(Conflict):
    """Who is in the channel of a course is decided by the course."""

    def __init__(self) -> None:
        super().__init__("The channel belongs to a course, which decides this.")


class DirectChannelFixed(Conflict):
    def __init__(self) -> None:
        super().__init__("A direct channel has two members and no settings.")


class TooManyChannels(EntitlementRequired):
    def __init__(self, limit: int, tier: str) -> None:
        super().__init__(
            f"You can own {limit} channels with the subscription '{tier}'.", limit=limit, tier=tier
        )


class TooManyMembers(Conflict):
    def __init__(self, limit: int) -> None:
        super().__init__(f"A channel can have {limit} members at most.", limit=limit)


class TooManyReactions(Conflict):
    def __init__(self, limit: int) -> None:
        super().__init__(f"A message can have {limit} kinds of reactions at most.", limit=limit)


def _about(field: str, message: str, code: str = "INVALID_FORMAT") -> list[FieldProblem]:
    return [FieldProblem(field, code, message)]


class ReplyElsewhere(BadUserInput):
    """The message that is answered is in another channel, or is not there."""

    def __init__(self) -> None:
        message = "replyToId must be a message of the same channel."
        super().__init__(message, _about("replyToId", message))


class BoundElsewhere(BadUserInput):
    """The message that a list is to begin or end at is in another channel, or is not there."""

    def __init__(self, field: str) -> None:
        message = f"{field} must be a message of the same channel."
        super().__init__(message, _about(field, message))


class FileNotYours(MissingInReplica, BadUserInput):
    stream = FILES

    def __init__(self, id: UUID) -> None:
        message = f"attachments must be files that you have uploaded; {id} is not."
        super().__init__(message, _about("attachments", message))


class TooManyMentions(BadUserInput):
    def __init__(self, limit: int) -> None:
        message = f"content can mention {limit} people at most."
        super().__init__(message, _about("content", message, "VALUE_TOO_LONG"))


class ContentRefused(BadUserInput):
    """What the moderator says about a text."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason, _about(field, reason, "CONTENT_REFUSED"))


class WithYourself(BadUserInput):
    def __init__(self) -> None:
        message = "A direct channel needs another person."
        super().__init__(message, _about("userId", message))
