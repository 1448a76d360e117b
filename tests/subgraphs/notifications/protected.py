"""Members of the inputs of notifications that decide who may what: there are none."""

from collections.abc import Mapping

from tests.subgraphs.notifications.webhooks import tenancy
from tests.subgraphs.tenants.attempts import Attempt

HARMLESS: Mapping[str, str] = {
    **dict.fromkeys(("NotificationFilters.kind",), "a filter"),
    **tenancy.HARMLESS,
}
PROTECTED: Mapping[str, tuple[Attempt, ...]] = {}
