"""The context of one client request, from the door to every resolver."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.rate_limit import Charge, RateLimitState
from trellis.schema.uploads import UploadedFile

OF_ONE_REQUEST = frozenset({"x-request-id", "traceparent", "tracestate"})
"""Headers that say nothing of the caller: requests that differ in these alone are the same."""


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Created once per client operation by a door; passed unchanged to each subgraph.

    ``headers`` are the allow-listed client headers in lower case that remote subgraphs get.
    ``deadline`` is a ``time.monotonic()`` instant in seconds after which nobody waits.
    ``client_address`` is the client's IP address, from a trusted proxy or else from the connection;
    ``user_agent`` is that header. ``profile`` names the dialect that the client speaks: ``graphql``
    or a REST profile. ``route`` is the method and path template of a REST route, such as ``POST
    /api/v1/auth/login``. ``rate_limit`` is what the caller has left of each limit, for operations
    with a field whose directive requests it. ``charge`` is there where requests are counted that
    come to no operation. ``uploads`` are the files of a multipart request by the references that
    stand for them in the variables. In a dry run (``is_dry_run``) nothing is committed: the
    caller learns what would be refused.
    """

    identity: Identity = ANONYMOUS
    request_id: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    deadline: float | None = None
    client_address: str | None = None
    user_agent: str | None = None
    profile: str = "graphql"
    route: str | None = None
    rate_limit: tuple[RateLimitState, ...] = ()
    charge: Charge | None = field(default=None, repr=False, compare=False)
    uploads: Mapping[str, UploadedFile] = field(default_factory=dict, repr=False, compare=False)
    is_dry_run: bool = False
