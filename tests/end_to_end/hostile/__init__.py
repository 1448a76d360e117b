"""Requests as bytes for the doors beside GraphQL and REST, malformed, forged or excessive, and the
status that answers each. The lists grow: whoever finds a request that is answered wrongly adds it.

What stands in braces is known to the test alone: ``{token}`` of somebody signed in, ``{file}`` a
link to a file's bytes, ``{run}`` the id of a run of code, ``{signature}`` Stripe's for the body.
"""

from tests.end_to_end.hostile.events import EVENT_REQUESTS
from tests.end_to_end.hostile.links import LINK_REQUESTS
from tests.end_to_end.hostile.operations import OPS_REQUESTS
from tests.end_to_end.hostile.request import Hostile
from tests.end_to_end.hostile.uploads import UPLOADS
from tests.end_to_end.hostile.web_routes import WEB_REQUESTS

__all__ = ["DOORS", "Hostile"]

DOORS = {
    "operations": OPS_REQUESTS,
    "web": WEB_REQUESTS,
    "uploads": UPLOADS,
    "links": LINK_REQUESTS,
    "events": EVENT_REQUESTS,
}
