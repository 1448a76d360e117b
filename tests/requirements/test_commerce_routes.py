"""What the document of the shop asks of its stored operations."""

import re

from tests.support.shared import ROOT
from trellis.schema.events import accounts
from trellis.schema.events.event import Event

EVENTS = ROOT / "persisted_queries" / "rest" / "commerce" / "users" / "list_events.graphql"
OF_PEOPLE = ("user.", "mfa.", "subscription.", "api_key.")


def test_every_kind_of_event_is_spelt_with_underscores():
    """Requirement S2-DM-02: user_created, not user.created."""
    known = [one for one in vars(accounts).values() if isinstance(one, type)]
    topics = {one.topic for one in known if issubclass(one, Event) and hasattr(one, "topic")}
    wanted = {topic: topic.replace(".", "_") for topic in topics if topic.startswith(OF_PEOPLE)}

    text = EVENTS.read_text(encoding="utf-8")
    spelt = dict(re.findall(r'{ from: "([a-z_.]+)", to: "([a-z_]+)" }', text))

    assert len(wanted) >= 12
    assert spelt == wanted
