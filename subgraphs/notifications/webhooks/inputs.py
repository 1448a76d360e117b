"""The input types of webhooks, and how they are checked."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import UNSET

from trellis.schema.directives import Constraint
from trellis.schema.inputs import Id, InputProblems
from trellis.subgraphs.notifications.addresses import Reachable
from trellis.subgraphs.notifications.outbound import MAX_URL, TargetRefused, read_target
from trellis.subgraphs.notifications.webhooks.catalog import WebhookEvent
from trellis.subgraphs.notifications.webhooks.models import (
    DeliveryStatus,
    DisabledReason,
    Url,
)
from trellis.subgraphs.notifications.webhooks.queries import DeliveryFilters
from trellis.subgraphs.notifications.webhooks.signing import new_secret
from trellis.subgraphs.notifications.webhooks.use_cases import NewWebhook, WebhookChanges

# Models know nothing of GraphQL: here they become known to it.
strawberry.enum(WebhookEvent, description="An event type that a webhook can receive.")
strawberry.enum(DeliveryStatus, name="WebhookDeliveryStatus")
strawberry.enum(DisabledReason, name="WebhookDisabledReason")

_MAX_OVERLAP_HOURS = 168
OverlapHours = Annotated[int, Constraint(min=0, max=_MAX_OVERLAP_HOURS)]
_DEFAULT_OVERLAP_HOURS = 24
_SECRET_LENGTHS = (8, 200)
Secret = Annotated[
    str,
    Constraint(
        min_length=_SECRET_LENGTHS[0],
        max_length=_SECRET_LENGTHS[1],
        pattern=r"^\S([\s\S]*\S)?$",  # no space around it
    ),
]


@strawberry.input(name="WebhookDeliveryFilters")
class WebhookDeliveryFiltersInput:
    status: list[DeliveryStatus] | None = strawberry.field(default=None, description="one of these")

    def checked(self) -> DeliveryFilters:
        """Each status once, so that equal filters are equal."""
        return DeliveryFilters(tuple(sorted(set(self.status))) if self.status else None)


@strawberry.input
class WebhookFiltersInput:
    project_id: Id | None = strawberry.field(
        default=None, description="only events of this project"
    )


@strawberry.input
class CreateWebhookInput:
    url: Annotated[Url, Constraint(format="URI", max_length=MAX_URL)] = strawberry.field(
        description="starts with https:// and resolves to a public address"
    )
    events: list[WebhookEvent]
    secret: Secret | None = strawberry.field(
        default=None, description="the secret that signs deliveries; generated if absent"
    )
    active: bool = True
    filters: WebhookFiltersInput | None = None

    def checked(self) -> tuple[NewWebhook, str | None]:
        """The webhook, and its secret if it is a new one. Raises ``BadUserInput``."""
        problems = InputProblems()
        made = new_secret() if self.secret is None else None
        url = problems.text("url", self.url, maximum=MAX_URL)
        new = problems.make(
            NewWebhook,
            self,
            url=url,
            target=_target(problems, url),
            events=_events(problems, self.events),
            project_id=_project(problems, self.filters),
            secret=made or _secret(problems, self.secret),
        )
        return new, made


@strawberry.input(description="Members that are absent are not changed.")
class UpdateWebhookInput:
    url: Annotated[Url, Constraint(format="URI", max_length=MAX_URL)] | None = UNSET
    events: list[WebhookEvent] | None = UNSET
    active: bool | None = UNSET
    filters: WebhookFiltersInput | None = strawberry.field(
        default=UNSET, description="replaces the previous ones; null for none"
    )
    version: int | None = strawberry.field(
        default=None, description="the expected version of the webhook; another one is a conflict"
    )

    def checked(self) -> WebhookChanges:
        """Raises ``BadUserInput``."""
        problems = InputProblems()
        apart = ("version", "events", "filters")
        given = problems.members(self, skip=apart, never_null=("url", "active"))
        columns: dict[str, Any] = {"is_active" if k == "active" else k: v for k, v in given.items()}
        if self.filters is not UNSET:
            columns["project_id"] = _project(problems, self.filters)
        target = _target(problems, columns["url"]) if columns.get("url") else None
        events = None
        if self.events is not UNSET:
            events = _events(problems, self.events or [])
        problems.raise_any()
        return WebhookChanges(columns=columns, events=events, target=target, version=self.version)


@strawberry.input
class RotateWebhookSecretInput:
    secret: Secret | None = strawberry.field(default=None, description="generated if absent")
    overlap_hours: OverlapHours = strawberry.field(
        default=_DEFAULT_OVERLAP_HOURS,
        description="for how many hours deliveries are also signed with the previous secret; at "
        "most 168",
    )

    def checked(self) -> tuple[str, timedelta, str | None]:
        """The secret, how long there are two, and the secret if it is a new one."""
        problems = InputProblems()
        made = new_secret() if self.secret is None else None
        secret = made or _secret(problems, self.secret)
        if not 0 <= self.overlap_hours <= _MAX_OVERLAP_HOURS:
            message = f"overlapHours must be between 0 and {_MAX_OVERLAP_HOURS}."
            problems.add("overlapHours", "INVALID_FORMAT", message)
        problems.raise_any()
        return secret, timedelta(hours=self.overlap_hours), made


def _secret(problems: InputProblems, given: str | None) -> str:
    """To the letter, since the receiver has it so: texts lose the spaces around them."""
    least, most = _SECRET_LENGTHS
    secret = problems.text("secret", given or "", maximum=most, minimum=least)
    if secret != given:
        message = "secret must not begin or end with a space."
        problems.add("secret", "INVALID_FORMAT", message)
    return secret


def _target(problems: InputProblems, url: str) -> str:
    """Host and port; a problem if requests are never sent there."""
    try:
        return read_target(url, Reachable.from_environment()).name
    except TargetRefused as refusal:
        problems.add("url", "INVALID_FORMAT", f"url is not accepted. {refusal}")
        return ""


def _project(problems: InputProblems, filters: WebhookFiltersInput | None) -> UUID | None:
    if filters is None or filters.project_id is None:
        return None
    return problems.id("filters.projectId", filters.project_id)


def _events(problems: InputProblems, events: list[WebhookEvent]) -> list[WebhookEvent]:
    """Each once."""
    if not events:
        problems.add("events", "REQUIRED_FIELD_MISSING", "events must not be empty.")
    return list(dict.fromkeys(events))
