"""The input types of notifications, and how they are checked."""

from typing import Annotated

import pydantic
import strawberry
from strawberry import UNSET
from strawberry.utils.str_converters import to_camel_case

from trellis.schema.directives import Constraint
from trellis.schema.inputs import InputProblems
from trellis.subgraphs.notifications.addresses import Reachable
from trellis.subgraphs.notifications.models import Channel, NotificationKind, SubjectType
from trellis.subgraphs.notifications.outbound import MAX_URL, TargetRefused, read_target
from trellis.subgraphs.notifications.push.keys import BrowserKeys, decoded, is_public_key
from trellis.subgraphs.notifications.queries import NotificationFilters
from trellis.subgraphs.notifications.use_cases.preferences import Chosen
from trellis.subgraphs.notifications.use_cases.push import NewBrowser

# Models know nothing of GraphQL: here they become known to it.
strawberry.enum(
    NotificationKind, description="A kind of notification for which channels can be chosen."
)
strawberry.enum(SubjectType, name="NotificationSubjectType")

TypeName = Annotated[str, pydantic.Field(max_length=64)]
Endpoint = Annotated[str, pydantic.Field(max_length=MAX_URL)]
Key = Annotated[str, pydantic.Field(max_length=200)]
Label = Annotated[str | None, pydantic.Field(max_length=100)]
Switch = Annotated[bool, Constraint(not_null=True)]
_AUTH_BYTES = 16


@strawberry.input(
    name="NotificationFilters", description="Only notifications that match all members given."
)
class NotificationFiltersInput:
    unread: bool | None = strawberry.field(
        default=None, description="true: only unread ones; false: only those read"
    )
    unread_only: bool | None = strawberry.field(
        default=None, description="true: only unread ones; false: all"
    )
    type: TypeName | None = strawberry.field(default=None, description="such as task_assigned")
    kind: list[NotificationKind] | None = strawberry.field(default=None, description="one of these")

    def checked(self) -> NotificationFilters:
        """Raises ``BadUserInput``."""
        kinds = tuple(dict.fromkeys(self.kind)) if self.kind is not None else None
        unread = True if self.unread_only else self.unread
        return InputProblems().make(NotificationFilters, self, unread=unread, kinds=kinds)


@strawberry.input(description="Members that are absent are not changed.")
class NotificationSwitchesInput:
    task_assigned: Switch | None = UNSET
    task_updated: Switch | None = UNSET
    task_due_soon: Switch | None = UNSET
    issue_assigned: Switch | None = UNSET
    issue_updated: Switch | None = UNSET
    comment_added: Switch | None = UNSET
    mentions: Switch | None = UNSET
    project_updates: Switch | None = UNSET
    file_shared: Switch | None = UNSET
    timesheet_reviewed: Switch | None = UNSET
    account: Switch | None = UNSET


@strawberry.input(description="Channels that are absent are not changed.")
class UpdateNotificationPreferencesInput:
    email: NotificationSwitchesInput | None = UNSET
    push: NotificationSwitchesInput | None = UNSET
    in_app: NotificationSwitchesInput | None = UNSET

    def checked(self) -> Chosen:
        """The switches that are given. Raises ``BadUserInput`` for one that is null."""
        problems = InputProblems()
        chosen: dict[tuple[Channel, NotificationKind], bool] = {}
        for channel in Channel:
            switches = getattr(self, channel.value)
            if switches is UNSET:
                continue
            name = to_camel_case(channel.value)
            if switches is None:
                problems.add(name, "REQUIRED_FIELD_MISSING", f"{name} cannot be emptied.")
                continue
            for kind in NotificationKind:
                value = getattr(switches, kind.value)
                if value is None:
                    field = f"{name}.{to_camel_case(kind.value)}"
                    message = f"{field} is true or false."
                    problems.add(field, "REQUIRED_FIELD_MISSING", message)
                elif value is not UNSET:
                    chosen[channel, kind] = value
        problems.raise_any()
        return chosen


@strawberry.input(description="The subscription of a browser (PushSubscription.toJSON).")
class RegisterPushSubscriptionInput:
    endpoint: Endpoint = strawberry.field(description="https, at a push service")
    p256dh: Key = strawberry.field(description="base64url")
    auth: Key = strawberry.field(description="base64url")
    label: Label = strawberry.field(default=None, description="such as the name of the browser")

    def checked(self, reachable: Reachable) -> NewBrowser:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        members = problems.members(self)
        endpoint = members["endpoint"]
        try:
            read_target(endpoint, reachable)
        except TargetRefused as refusal:
            problems.add("endpoint", "INVALID_FORMAT", f"endpoint: {refusal}")
        p256dh = _key(problems, "p256dh", self.p256dh)
        if p256dh is not None and not is_public_key(p256dh):
            problems.add("p256dh", "INVALID_FORMAT", "p256dh is not a public key of P-256.")
        auth = _key(problems, "auth", self.auth)
        if auth is not None and len(auth) != _AUTH_BYTES:
            problems.add("auth", "INVALID_FORMAT", f"auth must have {_AUTH_BYTES} bytes.")
        problems.raise_any()
        keys = BrowserKeys(endpoint, p256dh or b"", auth or b"")
        return NewBrowser(keys, members["label"])


def _key(problems: InputProblems, field: str, text: str) -> bytes | None:
    try:
        return decoded(text)
    except ValueError:
        problems.add(field, "INVALID_FORMAT", f"{field} is not base64url.")
        return None
