"""Members of the inputs of chat that decide who may what: why they decide nothing."""

from collections.abc import Mapping

from tests.subgraphs.tenants.attempts import Attempt

HARMLESS: Mapping[str, str] = {
    "SendMessageInput.type": "what kind of text it is: who may write decides the channel",
}

PROTECTED: Mapping[str, tuple[Attempt, ...]] = {}
