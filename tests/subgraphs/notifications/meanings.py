"""What arguments of the notifications subgraph refer to, and how its objects are reached."""

from tests.subgraphs.notifications.browser import Browser
from tests.subgraphs.notifications.webhooks import tenancy
from tests.subgraphs.tenants.meaning import FREE, Meanings

_BROWSER = Browser().subscription("https://push.example/of-somebody")

MEANINGS = Meanings(
    counts=tenancy.COUNTS,
    of_people=("notification", "push_subscription", *tenancy.OF_PEOPLE),
    by_name={
        **dict.fromkeys(("auth", "endpoint", "label", "p256dh"), FREE),
        **tenancy.BY_NAME,
    },
    by_coordinate={
        "Query.notification.id": "notification",
        "Mutation.markNotificationRead.id": "notification",
        "Mutation.removePushSubscription.id": "push_subscription",
        "Mutation.unsubscribeFromLetters.token": FREE,
        "NotificationFilters.type": FREE,
        **tenancy.BY_COORDINATE,
    },
    good_texts={**_BROWSER, **tenancy.GOOD_TEXTS},
    entrances=tenancy.ENTRANCES,
    personal_streams={
        "notificationReceived": (
            "subscription($after: String) { notificationReceived(after: $after) "
            "{ id title message data event eventCursor actor { id } project { id } } }"
        ),
    },
    personal_writes={
        "notificationReceived": (
            "mutation($id: ID!, $text: String!, $who: ID!) { createTask(input: "
            "{projectId: $id, title: $text, assigneeId: $who}) { task { id } } }"
        ),
    },
    # Who did what that others were told of; who there is; what was announced.
    keeps_deleted=frozenset({"notification", "person", "outbox", "subject"}),
)
