"""Whom somebody would be after signing in, for tools of those who run the graph."""

from db.storage import Storage
from schema.identity import Identity
from subgraphs.accounts import queries
from subgraphs.accounts.subscriptions import highest, tier_of
from subgraphs.accounts.timing import utc_now
from subgraphs.accounts.tokens import permissions_of
