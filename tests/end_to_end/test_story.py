"""Somebody registers, orders a course, pays, learns, chats, runs code and is notified, by GraphQL,
REST and WebSocket."""

import pytest

from tests.end_to_end.story.telling import happens
from tests.support.trellis_server import TrellisServer

pytestmark = pytest.mark.xdist_group("server")


async def test_somebody_learns_pays_chats_and_runs_code_by_all_doors(server: TrellisServer):
    await happens(server.url, server.letters.letter_to)
